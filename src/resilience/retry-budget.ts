const BUCKETS = 10;
const WINDOW_MS = 10_000;

/** Retries every window may hold whatever its traffic, so that a quiet upstream is retried too. */
const LEAST_RETRIES = 10;

/**
 * Keeps retries a fixed share of the calls of the last ten seconds, so that they never multiply an outage.
 *
 * The idea is Finagle's retry budget. Time is handed in; nothing runs between calls.
 */
export class RetryBudget {
  readonly #share: number;
  readonly #leastRetries: number;
  readonly #calls = new Float64Array(BUCKETS);
  readonly #retries = new Float64Array(BUCKETS);
  #callsInWindow = 0;
  #retriesInWindow = 0;
  #tick = Number.NEGATIVE_INFINITY;

  /** @param percent retries per hundred calls; 0 allows none at all */
  constructor(percent: number) {
    this.#share = percent / 100;
    this.#leastRetries = percent === 0 ? 0 : LEAST_RETRIES;
  }

  /** Counts a call, not its retries. */
  countCall(nowMs: number): void {
    const bucket = this.#bucket(nowMs);
    this.#calls[bucket] = (this.#calls[bucket] as number) + 1;
    this.#callsInWindow++;
  }

  /** Takes one retry out of the budget; `false` when it is used up. */
  take(nowMs: number): boolean {
    const bucket = this.#bucket(nowMs);
    const allowed = Math.max(this.#leastRetries, Math.floor(this.#callsInWindow * this.#share));
    if (this.#retriesInWindow >= allowed) return false;
    this.#retries[bucket] = (this.#retries[bucket] as number) + 1;
    this.#retriesInWindow++;
    return true;
  }

  /** The bucket of this moment, after those that left the window were emptied. */
  #bucket(nowMs: number): number {
    const tick = Math.floor(nowMs / (WINDOW_MS / BUCKETS));
    if (tick !== this.#tick) {
      const stale = Math.min(BUCKETS, tick - this.#tick);
      for (let i = 0; i < stale; i++) this.#empty((tick - i + BUCKETS) % BUCKETS);
      this.#tick = tick;
    }
    return tick % BUCKETS;
  }

  #empty(bucket: number): void {
    this.#callsInWindow -= this.#calls[bucket] as number;
    this.#retriesInWindow -= this.#retries[bucket] as number;
    this.#calls[bucket] = 0;
    this.#retries[bucket] = 0;
  }
}
