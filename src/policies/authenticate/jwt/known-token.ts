import { type Principal, principalOf } from '../../../contracts/principal.js';
import { JWT } from './jwt.options.js';
import type { VerifiedClaims } from './jwt-claims.js';

/** A token that was verified once: who it names, and how long that may be remembered. */
export class KnownToken {
  readonly principal: Principal;
  readonly #validFromMs: number;
  readonly #expiresAtMs: number;

  constructor(verified: VerifiedClaims) {
    this.principal = principalFrom(verified.claims);
    this.#validFromMs = verified.validFromMs;
    this.#expiresAtMs = verified.expiresAtMs;
  }

  /** Both ends are asked: the wall clock can be set back. */
  holdsAt(nowMs: number): boolean {
    return nowMs < this.#expiresAtMs && nowMs >= this.#validFromMs;
  }
}

function principalFrom(claims: VerifiedClaims['claims']): Principal {
  return principalOf({
    subject: claims['sub'] as string | undefined,
    scopes: new Set(scopesOf(claims['scope'] ?? claims['scp'])),
    claims,
    method: JWT,
  });
}

/** RFC 8693 writes scopes as one string with spaces; others as a list. */
function scopesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === 'string') : [];
}
