import type { JsonObject } from '../../../contracts/strict-json.js';

/** What the times in a token must satisfy. */
export interface TimeRules {
  readonly claimsToVerify: readonly ('exp' | 'nbf')[];
  /** Seconds; 0 is off. */
  readonly maximumExpiration: number;
}

/** When a token may be believed. */
export interface ValidTime {
  readonly validFromMs: number;
  /** The first millisecond at which it no longer is. */
  readonly expiresAtMs: number;
}

/** What is wrong, by claim, as Kong says it. */
export type ClaimFaults = Readonly<Record<string, string>>;

/**
 * Checks the listed claims and no other. Kong counts whole seconds, without leeway: a token is over in the second that
 * `exp` names. A number that is not finite, which JSON can write as 1e400, is none.
 */
export function checkTimes(claims: JsonObject, rules: TimeRules, nowMs: number): ValidTime | ClaimFaults {
  const faults: Record<string, string> = {};
  let validFromMs = Number.NEGATIVE_INFINITY;
  let expiresAtMs = Number.POSITIVE_INFINITY;
  for (const name of rules.claimsToVerify) {
    const time = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (!isFiniteNumber(time)) faults[name] = 'must be a number';
    else if (name === 'exp') expiresAtMs = firstSecondFrom(time);
    else validFromMs = firstSecondFrom(time);
  }
  if (nowMs >= expiresAtMs) faults['exp'] = 'token expired';
  if (nowMs < validFromMs) faults['nbf'] = 'token not valid yet';
  if (Object.keys(faults).length > 0) return faults;

  const { maximumExpiration } = rules;
  if (maximumExpiration <= 0) return { validFromMs, expiresAtMs };
  // The rest of a lifetime only grows shorter, unless the clock is set back.
  const { exp } = claims;
  const soonest = isFiniteNumber(exp) ? firstSecondFrom(exp - maximumExpiration) : Number.POSITIVE_INFINITY;
  if (nowMs < soonest) return { exp: 'exceeds maximum allowed expiration' };
  return { validFromMs: Math.max(validFromMs, soonest), expiresAtMs };
}

export const isValidTime = (checked: ValidTime | ClaimFaults): checked is ValidTime =>
  'validFromMs' in checked;

const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value);
const firstSecondFrom = (seconds: number): number => Math.ceil(seconds) * 1_000;
