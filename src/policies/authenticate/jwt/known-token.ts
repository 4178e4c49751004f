import { type Principal, principalOf } from '../../../contracts/principal.js';
import { scopesOf } from '../scopes.js';
import { JWT } from './jwt.options.js';
import type { VerifiedToken } from './jwt-verifier.js';
import type { Remembered } from './remembered.js';
import type { VerificationKey } from './verification-key.js';

/** A token that was verified once: who it names, and how long that may be remembered. */
export class KnownToken implements Remembered {
  readonly principal: Principal;
  readonly #validFromMs: number;
  readonly #expiresAtMs: number;
  readonly #key: VerificationKey;

  constructor(verified: VerifiedToken) {
    this.principal = principalFrom(verified);
    this.#validFromMs = verified.validFromMs;
    this.#expiresAtMs = verified.expiresAtMs;
    this.#key = verified.key;
  }

  /** Both ends are asked: the wall clock can be set back. A token goes with the key that proved it. */
  holdsAt(nowMs: number): boolean {
    return nowMs < this.#expiresAtMs && nowMs >= this.#validFromMs && this.#key.holdsAt(nowMs);
  }
}

function principalFrom({ claims, consumer, credential }: VerifiedToken): Principal {
  return principalOf({
    subject: claims['sub'] as string | undefined,
    scopes: scopesOf(claims['scope'] ?? claims['scp']),
    claims,
    method: JWT,
    consumer,
    credential,
  });
}
