import type { JsonObject } from '../../../contracts/strict-json.js';
import type { JwtRefusal } from './jwt-refusal.js';

const TYPES = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);
const KEY_ID_LIMIT_CHARACTERS = 1_024;

/** What a token says about how it was signed: names only, to look a key up by. */
export interface JwtHeader {
  readonly algorithm: string;
  readonly keyId: string | undefined;
}

/**
 * Reads a token's header.
 *
 * `jwk`, `jku`, `x5u` and `x5c` are never read: a token does not choose its own key.
 */
export function readHeader(header: JsonObject): JwtHeader | JwtRefusal {
  // RFC 7515, section 4.1.11: an extension that is not understood must be refused; none is. RFC 7797 needs b64 in crit.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return 'header';
  const type = header['typ'];
  if (type !== undefined && !(typeof type === 'string' && TYPES.has(type.toLowerCase()))) return 'header';
  const keyId = header['kid'];
  if (keyId !== undefined && !(typeof keyId === 'string' && keyId.length <= KEY_ID_LIMIT_CHARACTERS)) {
    return 'header';
  }
  const algorithm = header['alg'];
  return typeof algorithm === 'string' ? { algorithm, keyId } : 'algorithm';
}
