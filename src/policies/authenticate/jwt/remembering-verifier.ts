import { JwtPassport, type PassportOutcome } from './jwt-passport.js';
import type { JwtVerifier } from './jwt-verifier.js';
import { KnownToken } from './known-token.js';
import { TokenMemo } from './token-memo.js';

/**
 * Verifies a token once and then remembers it until it expires, by its digest. What it remembers goes with the
 * key that proved it: all of it when a method changes keys, one token when an issuer retires its key.
 */
export class RememberingVerifier {
  /** Says on a connection who remembers there. Not the verifier itself: an idle connection would keep all of it alive. */
  readonly mark = Object.freeze({});
  readonly #passport: JwtPassport;
  readonly #memo: TokenMemo;

  constructor(verifier: JwtVerifier, memo = new TokenMemo()) {
    this.#memo = memo;
    this.#passport = new JwtPassport(verifier);
  }

  verify(token: string, nowMs: number): PassportOutcome {
    const key = TokenMemo.keyOf(token);
    const known = this.#memo.recall(key, nowMs);
    if (known !== undefined) return known;
    const outcome = this.#passport.verify(token);
    if (outcome instanceof KnownToken) this.#memo.remember(key, outcome);
    return outcome;
  }
}
