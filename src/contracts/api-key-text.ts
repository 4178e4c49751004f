import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What every key begins with that `portcullis key create` makes: secret scanners look for it. */
const PREFIX = 'pk_';
/** No sign that ends a word, so that a double click takes the whole key. */
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62 to this power is just above 2 to the 256th. */
const RANDOM_LETTERS = 43;
const CHECK_LETTERS = 6;
/** The last multiple of 62 that a byte holds: above it some letters would be likelier than others. */
const FAIR_BYTES = 248;

/** Longer than any key anybody has a use for: more is not even hashed. */
const KEY_LIMIT = 256;
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * A new API key: `pk_`, 256 random bits and a CRC-32 of these, by which a scanner tells a key from what only looks like
 * one. The gateway itself takes any text of up to 256 visible ASCII characters as a key.
 */
export function newApiKey(random: (bytes: number) => Uint8Array = randomBytes): string {
  let text = '';
  while (text.length < RANDOM_LETTERS) {
    for (const byte of random(RANDOM_LETTERS)) {
      if (byte < FAIR_BYTES && text.length < RANDOM_LETTERS) text += LETTERS[byte % LETTERS.length];
    }
  }
  return PREFIX + text + checkOf(text);
}

/** The CRC-32 of a text in letters of the key. */
function checkOf(text: string): string {
  let rest = crc32(text);
  let check = '';
  while (check.length < CHECK_LETTERS) {
    check = LETTERS[rest % LETTERS.length] + check;
    rest = Math.floor(rest / LETTERS.length);
  }
  return check;
}

/** Whether a text can be a key at all: visible ASCII, neither empty nor over the limit. */
export function canBeApiKey(text: string): boolean {
  return text.length > 0 && text.length <= KEY_LIMIT && VISIBLE.test(text);
}

/** What is kept of a key: its SHA-256, in lower-case hexadecimal. */
export function digestOfApiKey(key: string): string {
  return hash('sha256', key, 'hex');
}
