import { hash, randomBytes } from 'node:crypto';
import type { Principal } from '../../../contracts/principal.js';

/** Some 3 MB when full. */
const PAIRS_LIMIT = 10_000;

// A plain digest of a weak password could be guessed from a list of digests; this key is in no file and dies with the process.
const KEY = randomBytes(32).toString('hex');

/** Pairs of user name and password that were verified a short while ago, by a keyed digest; the oldest goes when full. */
export class VerifiedPairs {
  readonly #known = new Map<string, { readonly principal: Principal; readonly untilMs: number }>();
  readonly #ring: (string | undefined)[];
  #next = 0;

  constructor(
    private readonly rememberMs: number,
    limit: number = PAIRS_LIMIT,
  ) {
    this.#ring = Array.from({ length: limit }, () => undefined);
  }

  get size(): number {
    return this.#known.size;
  }

  static keyOf(token: string): string {
    // Key first and in one go: a quarter of HMAC's time, and nobody is shown a digest that could be extended.
    return hash('sha256', KEY + token, 'latin1');
  }

  recall(key: string, nowMs: number): Principal | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    if (nowMs < known.untilMs) return known.principal;
    this.#known.delete(key);
    return undefined;
  }

  remember(key: string, principal: Principal, nowMs: number): void {
    if (this.rememberMs === 0) return;
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#ring[this.#next] = key;
    this.#next = this.#next + 1 === this.#ring.length ? 0 : this.#next + 1;
    this.#known.set(key, { principal, untilMs: nowMs + this.rememberMs });
  }

  forget(): void {
    this.#known.clear();
    this.#ring.fill(undefined);
    this.#next = 0;
  }
}
