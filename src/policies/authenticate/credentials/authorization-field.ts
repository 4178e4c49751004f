import type { RawHeaders } from '../../../contracts/raw-headers.js';
import { REPEATED } from './repeated.js';

/**
 * The value of `Authorization` as sent; `undefined` without one.
 *
 * Read from the raw fields: node:http keeps the first of two and drops the second, and then the gateway
 * and the upstream could each believe another one.
 */
export function authorizationOf(headers: RawHeaders): string | undefined | typeof REPEATED {
  let found: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 13 || (name !== 'Authorization' && name.toLowerCase() !== 'authorization')) continue;
    if (found !== undefined) return REPEATED;
    found = headers[i + 1] as string;
  }
  return found;
}

/**
 * The token of `Bearer <token>` (RFC 6750, section 2.1; the scheme in any case).
 * `undefined` when the credentials are of another scheme, `''` when the token is missing.
 */
export function bearerToken(credentials: string): string | undefined {
  const space = credentials.indexOf(' ');
  const scheme = space < 0 ? credentials : credentials.slice(0, space);
  if (scheme !== 'Bearer' && scheme.toLowerCase() !== 'bearer') return undefined;
  if (space < 0) return '';
  let start = space + 1;
  while (credentials.charCodeAt(start) === 0x20) start++;
  return credentials.slice(start);
}
