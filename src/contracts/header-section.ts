import type { RawHeaders } from './raw-headers.js';

/** RFC 9110, sections 5.1 and 5.5: each line one token, one colon, and bytes no line break hides in. */
const SECTION = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/**
 * Writes header fields as they stand on the wire, each line with its CRLF; every character is one byte.
 *
 * The last place before a socket, so the whole section is checked once more, in one pass: a line break that slipped
 * through anywhere above would be a second message to whoever reads it.
 *
 * @throws TypeError when a name is no token or a value holds what no field may carry
 */
export function headerSection(fields: RawHeaders): string {
  let text = '';
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i] as string}: ${fields[i + 1] as string}\r\n`;
  // A value with a line break in it makes a line of its own, which may be well formed: so the lines are counted.
  if (!SECTION.test(text) || lineCount(text) !== fields.length / 2) {
    throw new TypeError('A header field cannot be written: its name or value would change the message.');
  }
  return text;
}

function lineCount(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
