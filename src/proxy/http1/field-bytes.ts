/** Which bytes may stand where in a header section: 1 in a table means allowed. */
const table = (allowed: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (allowed(byte) ? 1 : 0));

/** A token's bytes (RFC 9110, section 5.6.2). */
export const TOKEN_BYTES = table((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));

/** The bytes of a field value, a reason phrase or a chunk extension (RFC 9110, section 5.5): no control but the tab. */
export const VALUE_BYTES = table((byte) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f));

/** The value of a hexadecimal digit, 255 for every other byte. */
export const HEX_VALUES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = String.fromCharCode(byte);
  return /[0-9A-Fa-f]/.test(digit) ? Number.parseInt(digit, 16) : 255;
});

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const DIGIT_0 = 0x30;
