import type { Cell, KeyedCells } from './keyed-cells.js';
import type { MemoryMeter, OwnStanding } from './memory-meter.js';

export interface WindowCell extends Cell {
  /** What was let through. */
  used: number;
}

/** Counts in windows that end for good: those of a key's own and those of the calendar differ in how long a new one lasts. */
export class WindowMeter implements MemoryMeter {
  readonly standing: OwnStanding = { remaining: 0, resetMs: 0 };
  #cell: WindowCell | undefined;

  constructor(
    private readonly limit: number,
    private readonly cells: KeyedCells<WindowCell>,
    private readonly newWindowMs: () => number,
  ) {}

  get retryMs(): number {
    return this.standing.resetMs;
  }

  fits(key: string, cost: number, now: number): boolean {
    const cell = this.cells.find(key, now);
    this.#cell = cell;
    const used = cell === undefined ? 0 : cell.used;
    this.standing.remaining = used < this.limit ? this.limit - used : 0;
    this.standing.resetMs = cell === undefined ? this.newWindowMs() : cell.endsAt - now;
    return used + cost <= this.limit;
  }

  take(key: string, cost: number, now: number): void {
    this.standing.remaining -= cost;
    this.overdraw(key, cost, now);
  }

  overdraw(key: string, cost: number, now: number): void {
    if (this.#cell !== undefined) this.#cell.used += cost;
    else this.cells.add(key, { used: cost, endsAt: now + this.standing.resetMs });
  }

  reset(key: string): void {
    this.cells.delete(key);
  }
}
