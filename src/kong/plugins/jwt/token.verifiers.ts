import type { Clock } from '../../../contracts/clock.js';
import type { KongConsumers } from '../../kong-consumers.js';
import { type TokenRules, TokenVerifier } from './token.verifier.js';

/** One verifier for each set of rules, however many routes have it: each remembers tokens in some 20 MB when full. */
export class TokenVerifiers {
  /** What was proven by a list of consumers goes with it. */
  readonly #made = new WeakMap<KongConsumers, Map<string, TokenVerifier>>();

  constructor(private readonly clock: Clock) {}

  of(rules: TokenRules, consumers: KongConsumers): TokenVerifier {
    const { keyClaimName, secretIsBase64, claimsToVerify, maximumExpiration } = rules;
    let made = this.#made.get(consumers);
    if (made === undefined) {
      made = new Map();
      this.#made.set(consumers, made);
    }
    const claims = [...new Set(claimsToVerify)].sort();
    const name = JSON.stringify([keyClaimName, secretIsBase64, claims, maximumExpiration]);
    let verifier = made.get(name);
    if (verifier === undefined) {
      const own: TokenRules = { keyClaimName, secretIsBase64, claimsToVerify: claims, maximumExpiration };
      verifier = new TokenVerifier(own, consumers, this.clock);
      made.set(name, verifier);
    }
    return verifier;
  }
}
