/** So many at once, and so many a second from then on. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/** Counts what is allowed by an {@link Allowance}: one number and one time, and no timer. */
export class TokenBucket {
  readonly #allowance: Allowance;
  readonly #now: () => number;
  #tokens: number;
  #countedAtMs: number;

  constructor(allowance: Allowance, now: () => number) {
    this.#allowance = allowance;
    this.#now = now;
    this.#tokens = allowance.burst;
    this.#countedAtMs = now();
  }

  /** Whether there was one left. */
  take(): boolean {
    if (this.#tokens < 1) this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Puts some in beside the passing of time. */
  add(tokens: number): void {
    this.#tokens = Math.min(this.#allowance.burst, this.#tokens + tokens);
  }

  #refill(): void {
    const nowMs = this.#now();
    this.add(((nowMs - this.#countedAtMs) / 1_000) * this.#allowance.perSecond);
    this.#countedAtMs = nowMs;
  }
}
