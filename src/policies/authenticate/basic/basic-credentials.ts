import { isUtf8 } from 'node:buffer';

/** A user name and a password, as RFC 7617 carries them. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** The longest `Basic …` looked at, in characters of base64. */
export const CREDENTIALS_LIMIT_CHARACTERS = 4_096;

/** C0, DEL and C1: RFC 7617, section 2 allows none in either half. */
const CONTROL = /\p{Cc}/u;

/** What stands behind the scheme `Basic` in any case; `undefined` when the credentials are of another scheme. */
export function basicToken(authorization: string): string | undefined {
  const space = authorization.indexOf(' ');
  const scheme = space < 0 ? authorization : authorization.slice(0, space);
  if (scheme !== 'Basic' && scheme.toLowerCase() !== 'basic') return undefined;
  if (space < 0) return '';
  let start = space + 1;
  while (authorization.charCodeAt(start) === 0x20) start++;
  return authorization.slice(start);
}

/**
 * Reads `base64(user:password)`; `undefined` unless it is canonical base64 of UTF-8 with a colon and without control
 * characters. Both halves come back in NFC, so that one password typed on two systems is one (RFC 8265, section 4.2).
 */
export function parseBasicToken(token: string): BasicCredentials | undefined {
  if (token === '' || token.length > CREDENTIALS_LIMIT_CHARACTERS) return undefined;
  const bytes = Buffer.from(token, 'base64');
  // Node's decoder skips what it does not know; encoding again shows whether it skipped anything.
  if (bytes.toString('base64') !== token || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0 || CONTROL.test(text)) return undefined;
  return {
    username: text.slice(0, colon).normalize('NFC'),
    password: text.slice(colon + 1).normalize('NFC'),
  };
}
