import type { ThrottlerStorage } from '@nestjs/throttler';
import { type Clock, systemClock } from '../../../contracts/clock.js';
import { untilCalendarEnd } from '../meters/calendar.js';
import { KeyBudget } from '../meters/key-budget.js';
import { KeyedCells } from '../meters/keyed-cells.js';
import { type LimitMeter, memoryMs, meterId } from '../meters/limit-meter.js';
import type { MemoryMeter } from '../meters/memory-meter.js';
import { type SlidingCell, SlidingWindowMeter } from '../meters/sliding-window.meter.js';
import { type BucketCell, TokenBucketMeter } from '../meters/token-bucket.meter.js';
import { type WindowCell, WindowMeter } from '../meters/window.meter.js';
import type { ConcurrencyRule, LimitRule, LimitStore } from './limit-store.js';
import { MemoryLimiter } from './memory-limiter.js';
import { MemoryPlaces, type TakenPlaces } from './memory-places.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

export interface MemoryRateLimitOptions {
  /** Keys held at the same time, all limits together. Default 1000000, some 150 MB when full. */
  readonly maxKeys?: number;
  readonly clock?: Clock;
  /** Hears of each key that was given up before its window ended. */
  readonly keyEvicted?: () => void;
}

const MEMORY_RATE_LIMIT_DEFAULTS = { maxKeys: 1_000_000 } as const;

/**
 * The embedded store: exact counts in this process's memory, bounded in keys, by a clock that nobody sets.
 *
 * It is a `ThrottlerStorage` for whoever asks as one. A stage takes the shorter way: it opens its rules at boot
 * and counts without a promise.
 */
export class MemoryRateLimitStore implements LimitStore, ThrottlerStorage {
  readonly countsIn = "in this process's memory";
  readonly #clock: Clock;
  readonly #budget: KeyBudget;
  readonly #counts = new Map<string, KeyedCells<never>>();
  readonly #places = new Map<string, TakenPlaces>();
  readonly #loose = new Map<string, KeyedCells<WindowCell>>();
  readonly #now: () => number;

  constructor(options: MemoryRateLimitOptions = {}) {
    const clock = options.clock ?? systemClock;
    this.#clock = clock;
    this.#now = () => Math.floor(clock.monotonic());
    this.#budget = new KeyBudget(options.maxKeys ?? MEMORY_RATE_LIMIT_DEFAULTS.maxKeys, options.keyEvicted);
  }

  /** Keys held now, those whose window has ended and was not dropped yet included. */
  get size(): number {
    return this.#budget.used;
  }

  /** Keys given up before their window ended, because the store was full. */
  get evicted(): number {
    return this.#budget.evicted;
  }

  open({ bucket, meters, countRefused }: LimitRule): MemoryLimiter {
    return new MemoryLimiter(
      meters.map((meter) => this.#meter(bucket, meter)),
      this.#now,
      countRefused,
    );
  }

  openPlaces({ bucket, limit }: ConcurrencyRule): MemoryPlaces {
    let taken = this.#places.get(bucket);
    if (taken === undefined) {
      taken = new Map();
      this.#places.set(bucket, taken);
    }
    return new MemoryPlaces(limit, taken);
  }

  /** As @nestjs/throttler asks: lengths in milliseconds, answers in seconds. */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerRecord> {
    const now = this.#now();
    // A block as long as the window ends with the window; only another length needs a clock of its own.
    const blocks = blockDuration > 0 && blockDuration !== ttl;
    const block = blocks ? this.#looseWindow(`${throttlerName} block`, blockDuration, 1) : undefined;
    if (block !== undefined && !block.fits(key, 1, now)) return refused(limit, block.retryMs);
    const window = this.#looseWindow(throttlerName, ttl, limit);
    if (!window.fits(key, 1, now)) {
      if (block === undefined) return refused(limit, window.retryMs);
      // The key starts afresh when its block ends.
      window.reset(key);
      block.take(key, 1, now);
      return refused(limit, blockDuration);
    }
    window.take(key, 1, now);
    const { remaining, resetMs } = window.standing;
    return {
      totalHits: limit - remaining,
      timeToExpire: Math.ceil(resetMs / 1000),
      isBlocked: false,
      timeToBlockExpire: 0,
    };
  }

  #meter(bucket: string, meter: LimitMeter): MemoryMeter {
    const { algorithm, limit, windowMs, burst } = meter;
    switch (algorithm) {
      case 'fixed-window':
        return new WindowMeter(limit, this.#cells<WindowCell>(bucket, meter), () => windowMs);
      case 'calendar-window': {
        const length = () => untilCalendarEnd(Math.floor(this.#clock.now()), meter);
        return new WindowMeter(limit, this.#cells<WindowCell>(bucket, meter), length);
      }
      case 'sliding-window':
        return new SlidingWindowMeter(limit, windowMs, this.#cells<SlidingCell>(bucket, meter));
      case 'token-bucket':
        return new TokenBucketMeter(limit, windowMs, burst, this.#cells<BucketCell>(bucket, meter));
    }
  }

  /** The cells of that bucket and kind of meter, the same for everybody who asks. */
  #cells<C extends { endsAt: number }>(bucket: string, meter: LimitMeter): KeyedCells<C> {
    const id = `${meterId(meter)} ${bucket}`;
    let cells = this.#counts.get(id) as KeyedCells<C> | undefined;
    if (cells === undefined) {
      cells = new KeyedCells<C>(memoryMs(meter), this.#budget, this.#now);
      this.#counts.set(id, cells as KeyedCells<never>);
    }
    return cells;
  }

  /** Lengths may come from a function per request, so cells that nobody holds are dropped when they are empty. */
  #looseWindow(name: string, windowMs: number, limit: number): WindowMeter {
    const id = `${windowMs} ${name}`;
    let cells = this.#loose.get(id);
    if (cells === undefined) {
      for (const [other, idle] of this.#loose) {
        idle.expire();
        if (idle.size > 0) continue;
        this.#loose.delete(other);
        this.#budget.remove(idle);
      }
      cells = new KeyedCells(windowMs, this.#budget, this.#now);
      this.#loose.set(id, cells);
    }
    return new WindowMeter(limit, cells, () => windowMs);
  }
}

function refused(limit: number, ms: number): ThrottlerRecord {
  const seconds = Math.ceil(ms / 1000);
  return { totalHits: limit + 1, timeToExpire: seconds, isBlocked: true, timeToBlockExpire: seconds };
}
