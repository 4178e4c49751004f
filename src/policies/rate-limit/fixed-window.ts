import type { Clock } from '../../contracts/clock.js';
import type { KeyBudget } from './key-budget.js';

/** How a key stands after a hit. */
export interface Count {
  /** Hits of this window; one above the limit means that the last one is refused. */
  readonly hits: number;
  /** Until the window ends, rounded up. */
  readonly resetSeconds: number;
  /** Set while the store that instances share cannot be asked: who counted instead. */
  readonly store?: 'local' | 'none';
}

interface Bucket {
  /** What was let through. */
  used: number;
  hits: number;
  resetSeconds: number;
  /** On the monotonic clock. */
  resetAt: number;
}

/**
 * Counts hits per key in fixed windows of one length.
 *
 * Keys live in two maps, one window apart: a bucket that was opened in `current` ends while that map is `previous`,
 * and a whole map is dropped once everything in it has ended. So a hit is one look-up (two at most), nothing is swept,
 * and no key has a timer. Map order is opening order, which is what eviction needs.
 */
export class FixedWindow {
  #current = new Map<string, Bucket>();
  #previous = new Map<string, Bucket>();
  #turnAt = 0;
  // A new iterator would step over every deleted entry before the first live one; this one keeps its place.
  #eldest: { readonly of: Map<string, Bucket>; readonly keys: MapIterator<string> } | undefined;

  constructor(
    readonly windowMs: number,
    readonly budget: KeyBudget,
    readonly clock: Clock,
  ) {
    this.#turnAt = Math.floor(clock.monotonic()) + windowMs;
    budget.add(this);
  }

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  /** Counts one hit against the key. One that does not fit below the limit is refused and not counted. */
  hit(key: string, limit: number, cost = 1): Count {
    const now = Math.floor(this.clock.monotonic());
    if (now >= this.#turnAt) this.#turn(now);
    if (cost === 0) return this.peek(key) ?? { hits: 0, resetSeconds: 0 };
    const bucket = this.#current.get(key) ?? this.#previousOrNew(key, now);
    const used = bucket.used + cost;
    if (used <= limit) bucket.used = bucket.hits = used;
    else bucket.hits = Math.max(bucket.used, limit + 1);
    bucket.resetSeconds = Math.ceil((bucket.resetAt - now) / 1000);
    return bucket;
  }

  /** How the key stands, without a hit; `undefined` when no window of it is open. */
  peek(key: string): Count | undefined {
    const now = Math.floor(this.clock.monotonic());
    const bucket = this.#current.get(key) ?? this.#previous.get(key);
    if (bucket === undefined || bucket.resetAt <= now) return undefined;
    return { hits: bucket.used, resetSeconds: Math.ceil((bucket.resetAt - now) / 1000) };
  }

  /** Ends the key's window early. */
  forget(key: string): void {
    if (this.#current.delete(key) || this.#previous.delete(key)) this.budget.released(1);
  }

  /** Drops what has ended. */
  expire(): void {
    const now = Math.floor(this.clock.monotonic());
    if (now >= this.#turnAt) this.#turn(now);
  }

  /** Drops the bucket that was opened first. */
  evictEldest(): void {
    const map = this.#previous.size > 0 ? this.#previous : this.#current;
    if (map.size === 0) return;
    if (this.#eldest?.of !== map) this.#eldest = { of: map, keys: map.keys() };
    // Whatever lies behind the iterator is deleted already, so a map that holds anything holds a next key.
    map.delete(this.#eldest.keys.next().value as string);
    this.budget.released(1);
  }

  #previousOrNew(key: string, now: number): Bucket {
    const ended = this.#previous.get(key);
    if (ended !== undefined) {
      if (ended.resetAt > now) return ended;
      this.#previous.delete(key);
      this.budget.released(1);
    }
    this.budget.take();
    const bucket: Bucket = { used: 0, hits: 0, resetSeconds: 0, resetAt: now + this.windowMs };
    this.#current.set(key, bucket);
    return bucket;
  }

  #turn(now: number): void {
    const stale = now >= this.#turnAt + this.windowMs;
    this.budget.released(stale ? this.size : this.#previous.size);
    this.#previous = stale ? new Map() : this.#current;
    this.#current = new Map();
    this.#turnAt = now + this.windowMs;
    this.#eldest = undefined;
  }
}
