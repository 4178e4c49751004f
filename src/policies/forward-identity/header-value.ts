/** The longest value that is written, in characters. */
const VALUE_LIMIT_CHARACTERS = 4_096;

/**
 * A text as one member of a header value. Printable ASCII stands as it is; `%`, the comma that separates members, blanks
 * at either end and every other byte of the text's UTF-8 are percent-encoded. Whoever splits at the commas, trims and
 * decodes has the text again, and no text can look like two.
 */
export function headerText(text: string): string {
  if (PLAIN.test(text)) return text;
  let encoded = '';
  const bytes = Buffer.from(text);
  for (const [at, byte] of bytes.entries()) {
    const edge = byte === 0x20 && (at === 0 || at === bytes.length - 1);
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && byte !== 0x2c && !edge;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** No blank at either end, no `%` and no comma. */
const PLAIN = /^[\x21-\x24\x26-\x2b\x2d-\x7e]+( +[\x21-\x24\x26-\x2b\x2d-\x7e]+)*$/;

/** Stands for a claim that no header can carry. */
export const UNUSABLE = Symbol('unusable');

/**
 * A claim as a header value: texts, numbers and truth values, or a list of them joined by `, `.
 * `undefined` for one that is absent or says nothing; {@link UNUSABLE} for an object, a list in a list, or a value
 * beyond the limit: half a claim could mean something else.
 */
export function claimValue(claim: unknown): string | undefined | typeof UNUSABLE {
  const members = Array.isArray(claim) ? claim : [claim];
  const texts: string[] = [];
  for (const member of members) {
    if (member === undefined || member === null || member === '') continue;
    if (typeof member !== 'string' && typeof member !== 'number' && typeof member !== 'boolean')
      return UNUSABLE;
    texts.push(headerText(String(member)));
  }
  if (texts.length === 0) return undefined;
  const value = texts.join(', ');
  return value.length > VALUE_LIMIT_CHARACTERS ? UNUSABLE : value;
}
