/**
 * A text of the file as a header value: its UTF-8 bytes, as Kong sends it. Control characters, which no header may carry,
 * are percent-encoded.
 */
export function headerText(text: string): string {
  if (PLAIN.test(text)) return text;
  return Buffer.from(text)
    .toString('latin1')
    .replace(CONTROL, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

const PLAIN = /^[\x20-\x7e]*$/;
const CONTROL = /[^\x20-\x7e\x80-\xff]/g;
