import type { JsonObject } from '../../../contracts/strict-json.js';
import { isMeantFor, isNumericDate } from '../registered-claims.js';
import type { JwtRefusal } from './jwt-refusal.js';

/** What the claims of a token must satisfy. */
export interface ClaimRules {
  readonly issuer: string | undefined;
  readonly audience: readonly string[] | undefined;
  readonly clockSkewMs: number;
  /** Claims that must be there, each with the values it may have, any if it names none. */
  readonly requiredClaims: readonly RequiredClaim[];
}

/** A value that a claim can be compared with. */
export type ClaimValue = string | number | boolean;

export type RequiredClaim = readonly [name: string, values: readonly ClaimValue[] | undefined];

/** Claims that were believed, and the time in which they may be. */
export interface VerifiedClaims {
  readonly claims: JsonObject;
  /** Milliseconds since the epoch, the skew included. */
  readonly validFromMs: number;
  /** The first millisecond at which they no longer hold. */
  readonly expiresAtMs: number;
}

/** Applies RFC 7519, section 4.1, strictly: `exp` is required, and a claim of the wrong type is a refusal. */
export function checkClaims(
  claims: JsonObject,
  rules: ClaimRules,
  nowMs: number,
): VerifiedClaims | JwtRefusal {
  const { exp, nbf, iat, iss, aud, sub } = claims;
  if (!isNumericDate(exp)) return 'expiry';
  if (nbf !== undefined && !isNumericDate(nbf)) return 'time';
  if (iat !== undefined && !isNumericDate(iat)) return 'time';

  const expiresAtMs = exp * 1_000 + rules.clockSkewMs;
  const validFromMs = nbf === undefined ? 0 : nbf * 1_000 - rules.clockSkewMs;
  if (nowMs >= expiresAtMs) return 'expired';
  if (nowMs < validFromMs) return 'premature';

  if (rules.issuer !== undefined && iss !== rules.issuer) return 'issuer';
  if (rules.audience !== undefined && !isMeantFor(aud, rules.audience)) return 'audience';
  if (sub !== undefined && typeof sub !== 'string') return 'subject';
  for (const [name, values] of rules.requiredClaims) if (!hasClaim(claims, name, values)) return 'claim';
  return { claims, validFromMs, expiresAtMs };
}

/** An empty value is none: it would pass for a tenant that nobody is. A list has a value when one of its entries is it. */
function hasClaim(claims: JsonObject, name: string, values: readonly ClaimValue[] | undefined): boolean {
  if (!Object.hasOwn(claims, name)) return false;
  const value = claims[name];
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values !== undefined) return given.some((each) => values.includes(each as ClaimValue));
  return given.length > 0 && given.every((each) => each !== null && each !== '');
}
