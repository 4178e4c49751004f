import type { Cell, KeyedCells } from './keyed-cells.js';
import { slidingStepMs } from './limit-meter.js';
import type { MemoryMeter, OwnStanding } from './memory-meter.js';

export interface SlidingCell extends Cell {
  /** Steps and what was let through in each, in turn, the eldest first; empty steps are left out. */
  readonly steps: number[];
}

/** Counts in steps of a window that slides on: a step counts until all of it lies a whole window back. */
export class SlidingWindowMeter implements MemoryMeter {
  readonly standing: OwnStanding = { remaining: 0, resetMs: 0 };
  retryMs = 0;
  readonly #stepMs: number;
  #cell: SlidingCell | undefined;

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
    private readonly cells: KeyedCells<SlidingCell>,
  ) {
    this.#stepMs = slidingStepMs(windowMs);
  }

  fits(key: string, cost: number, now: number): boolean {
    const cell = this.cells.find(key, now);
    this.#cell = cell;
    const used = cell === undefined ? 0 : this.#used(cell.steps, now);
    this.standing.remaining = used < this.limit ? this.limit - used : 0;
    this.standing.resetMs = cell === undefined ? 0 : cell.endsAt - now;
    if (used + cost <= this.limit) return true;
    this.retryMs = this.#retryMs(cell?.steps ?? [], used + cost - this.limit, now);
    return false;
  }

  take(key: string, cost: number, now: number): void {
    this.standing.remaining -= cost;
    const step = Math.floor(now / this.#stepMs);
    const endsAt = this.#endOf(step);
    this.standing.resetMs = endsAt - now;
    const cell = this.#cell;
    if (cell === undefined) return this.cells.add(key, { steps: [step, cost], endsAt });
    const { steps } = cell;
    if (steps.at(-2) === step) steps[steps.length - 1] = (steps.at(-1) as number) + cost;
    else steps.push(step, cost);
    cell.endsAt = endsAt;
  }

  reset(key: string): void {
    this.cells.delete(key);
  }

  #endOf(step: number): number {
    return (step + 1) * this.#stepMs + this.windowMs;
  }

  /** Forgets what has passed, and adds up the rest. */
  #used(steps: number[], now: number): number {
    let passed = 0;
    while (passed < steps.length && this.#endOf(steps[passed] as number) <= now) passed += 2;
    if (passed > 0) steps.splice(0, passed);
    let used = 0;
    for (let i = 1; i < steps.length; i += 2) used += steps[i] as number;
    return used;
  }

  /** Until so much of it has passed; for a cost beyond the limit, until all has. */
  #retryMs(steps: readonly number[], excess: number, now: number): number {
    let left = excess;
    for (let i = 0; i < steps.length; i += 2) {
      left -= steps[i + 1] as number;
      if (left <= 0) return this.#endOf(steps[i] as number) - now;
    }
    return steps.length === 0 ? this.windowMs : this.standing.resetMs;
  }
}
