import type { KeyBudget } from './key-budget.js';

/** What is remembered of a key. */
export interface Cell {
  /** When there is nothing left to remember, on the monotonic clock. */
  endsAt: number;
}

/**
 * The cells of one count, by key.
 *
 * They live in two maps, one lifetime apart: a cell that was touched in `current` ends while that map is `previous`, and
 * a whole map is dropped once everything in it has ended. So nothing is swept and no key has a timer. Map order is the
 * order of touching, which is what eviction needs.
 */
export class KeyedCells<C extends Cell> {
  #current = new Map<string, C>();
  #previous = new Map<string, C>();
  #turnAt: number;
  // A new iterator would step over every deleted entry before the first live one; this one keeps its place.
  #eldest: { readonly of: Map<string, C>; readonly keys: MapIterator<string> } | undefined;

  constructor(
    /** No cell lasts longer after it was touched. */
    private readonly lifeMs: number,
    private readonly budget: KeyBudget,
    private readonly now: () => number,
  ) {
    this.#turnAt = now() + lifeMs;
    budget.add(this);
  }

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  /** The key's cell, if there is still something to remember; it counts as touched. */
  find(key: string, now: number): C | undefined {
    if (now >= this.#turnAt) this.#turn(now);
    const cell = this.#current.get(key) ?? this.#touched(key);
    return cell === undefined || cell.endsAt <= now ? undefined : cell;
  }

  /** Gives a key that `find` did not find its cell. */
  add(key: string, cell: C): void {
    // An ended one may lie there.
    if (!this.#current.has(key)) this.budget.take();
    this.#current.set(key, cell);
  }

  delete(key: string): void {
    if (this.#current.delete(key) || this.#previous.delete(key)) this.budget.released(1);
  }

  /** Drops what has ended. */
  expire(): void {
    const now = this.now();
    if (now >= this.#turnAt) this.#turn(now);
  }

  /** Drops the cell that was not touched for longest. */
  evictEldest(): void {
    const map = this.#previous.size > 0 ? this.#previous : this.#current;
    if (map.size === 0) return;
    if (this.#eldest?.of !== map) this.#eldest = { of: map, keys: map.keys() };
    // Whatever lies behind the iterator is deleted already, so a map that holds anything holds a next key.
    map.delete(this.#eldest.keys.next().value as string);
    this.budget.released(1);
  }

  #touched(key: string): C | undefined {
    const cell = this.#previous.get(key);
    if (cell === undefined) return undefined;
    this.#previous.delete(key);
    this.#current.set(key, cell);
    return cell;
  }

  #turn(now: number): void {
    const stale = now >= this.#turnAt + this.lifeMs;
    this.budget.released(stale ? this.size : this.#previous.size);
    this.#previous = stale ? new Map() : this.#current;
    this.#current = new Map();
    this.#turnAt = now + this.lifeMs;
    this.#eldest = undefined;
  }
}
