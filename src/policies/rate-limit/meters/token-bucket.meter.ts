import type { Cell, KeyedCells } from './keyed-cells.js';
import type { MemoryMeter, OwnStanding } from './memory-meter.js';

export interface BucketCell extends Cell {
  /** Tokens missing from a full bucket. */
  debt: number;
  /** As of then. */
  at: number;
}

/** What sums of fractions may be off by, so that a token that is due is there. */
const ROUNDING = 1e-9;

/** Counts the tokens that are missing from a bucket, into which they drop back evenly. */
export class TokenBucketMeter implements MemoryMeter {
  readonly standing: OwnStanding = { remaining: 0, resetMs: 0 };
  retryMs = 0;
  #cell: BucketCell | undefined;
  #debt = 0;

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
    private readonly burst: number,
    private readonly cells: KeyedCells<BucketCell>,
  ) {}

  fits(key: string, cost: number, now: number): boolean {
    const cell = this.cells.find(key, now);
    this.#cell = cell;
    this.#owe(
      cell === undefined ? 0 : Math.max(0, cell.debt - ((now - cell.at) * this.limit) / this.windowMs),
    );
    if (this.#debt + cost <= this.burst + ROUNDING) return true;
    this.retryMs = Math.max(1, this.#msFor(Math.min(this.#debt + cost - this.burst, this.#debt)));
    return false;
  }

  take(key: string, cost: number, now: number): void {
    this.#owe(this.#debt + cost);
    const endsAt = now + this.standing.resetMs;
    if (this.#cell === undefined) return this.cells.add(key, { debt: this.#debt, at: now, endsAt });
    this.#cell.debt = this.#debt;
    this.#cell.at = now;
    this.#cell.endsAt = endsAt;
  }

  reset(key: string): void {
    this.cells.delete(key);
  }

  #owe(debt: number): void {
    this.#debt = debt;
    this.standing.remaining = Math.max(0, Math.floor(this.burst - debt + ROUNDING));
    this.standing.resetMs = this.#msFor(debt);
  }

  #msFor(tokens: number): number {
    return Math.max(0, Math.ceil((tokens * this.windowMs) / this.limit - ROUNDING));
  }
}
