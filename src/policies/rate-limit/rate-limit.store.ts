import type { ThrottlerStorage } from '@nestjs/throttler';
import { type Clock, systemClock } from '../../contracts/clock.js';
import { FixedWindow } from './fixed-window.js';
import { KeyBudget } from './key-budget.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

export interface MemoryRateLimitOptions {
  /** Keys held at the same time, all limits together. Default 1000000, some 150 MB when full. */
  readonly maxKeys?: number;
  readonly clock?: Clock;
}

const MEMORY_RATE_LIMIT_DEFAULTS = { maxKeys: 1_000_000 } as const;

/**
 * The embedded store: exact fixed windows in this process's memory, bounded in keys.
 *
 * It is a `ThrottlerStorage` for whoever asks as one. A stage takes the shorter way: it opens its windows at boot
 * and counts without a promise.
 */
export class MemoryRateLimitStore implements ThrottlerStorage {
  readonly #clock: Clock;
  readonly #budget: KeyBudget;
  readonly #opened = new Map<string, FixedWindow>();
  readonly #loose = new Map<string, FixedWindow>();

  constructor(options: MemoryRateLimitOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#budget = new KeyBudget(options.maxKeys ?? MEMORY_RATE_LIMIT_DEFAULTS.maxKeys);
  }

  /** Keys held now, those whose window has ended and was not dropped yet included. */
  get size(): number {
    return this.#budget.used;
  }

  /** Keys given up before their window ended, because the store was full. */
  get evicted(): number {
    return this.#budget.evicted;
  }

  /** The window of that name and length, the same one for everybody who asks. */
  open(name: string, windowMs: number): FixedWindow {
    const id = `${windowMs} ${name}`;
    let window = this.#opened.get(id);
    if (window === undefined) {
      window = new FixedWindow(windowMs, this.#budget, this.#clock);
      this.#opened.set(id, window);
    }
    return window;
  }

  /** As @nestjs/throttler asks: lengths in milliseconds, answers in seconds. */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerRecord> {
    // A block as long as the window ends with the window; only another length needs a clock of its own.
    const blocks = blockDuration > 0 && blockDuration !== ttl;
    if (blocks) {
      const block = this.#looseWindow(`${throttlerName} block`, blockDuration).peek(key);
      if (block !== undefined) return refused(limit, block.resetSeconds);
    }
    const window = this.#looseWindow(throttlerName, ttl);
    const { hits, resetSeconds } = window.hit(key, limit);
    if (hits > limit) {
      if (!blocks) return refused(limit, resetSeconds);
      // The key starts afresh when its block ends.
      window.forget(key);
      const block = this.#looseWindow(`${throttlerName} block`, blockDuration).hit(key, 1);
      return refused(limit, block.resetSeconds);
    }
    return { totalHits: hits, timeToExpire: resetSeconds, isBlocked: false, timeToBlockExpire: 0 };
  }

  /** Lengths may come from a function per request, so windows that nobody holds are dropped when they are empty. */
  #looseWindow(name: string, windowMs: number): FixedWindow {
    const id = `${windowMs} ${name}`;
    let window = this.#loose.get(id);
    if (window === undefined) {
      for (const [other, idle] of this.#loose) {
        idle.expire();
        if (idle.size > 0) continue;
        this.#loose.delete(other);
        this.#budget.remove(idle);
      }
      window = new FixedWindow(windowMs, this.#budget, this.#clock);
      this.#loose.set(id, window);
    }
    return window;
  }
}

function refused(limit: number, seconds: number): ThrottlerRecord {
  return { totalHits: limit + 1, timeToExpire: seconds, isBlocked: true, timeToBlockExpire: seconds };
}
