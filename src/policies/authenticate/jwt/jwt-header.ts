import type { JwtRefusal } from './jwt-refusal.js';
import type { SignatureCheck } from './jwt-signature.js';
import type { JsonObject } from './strict-json.js';

const TYPES = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);
const KEY_ID_LIMIT_CHARACTERS = 1_024;

/**
 * Finds the check for a token's header, among those the configuration allows.
 *
 * `jwk`, `jku`, `x5u` and `x5c` are never read: a token does not choose its own key.
 */
export function checkFor(
  header: JsonObject,
  checks: ReadonlyMap<string, SignatureCheck>,
): SignatureCheck | JwtRefusal {
  // RFC 7515, section 4.1.11: an extension that is not understood must be refused; none is. RFC 7797 needs b64 in crit.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return 'header';
  const type = header['typ'];
  if (type !== undefined && !(typeof type === 'string' && TYPES.has(type.toLowerCase()))) return 'header';
  const keyId = header['kid'];
  if (keyId !== undefined && !(typeof keyId === 'string' && keyId.length <= KEY_ID_LIMIT_CHARACTERS)) {
    return 'header';
  }
  const algorithm = header['alg'];
  if (typeof algorithm !== 'string') return 'algorithm';
  return checks.get(algorithm) ?? 'algorithm';
}
