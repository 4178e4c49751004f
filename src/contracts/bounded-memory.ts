/** A value, and its key's place in the ring. */
interface Entry<Value> {
  value: Value;
  readonly slot: number;
}

/**
 * A map of at most so many entries: the one that came first goes when it is full.
 *
 * Keys stand in a ring beside the map: that takes the same short time whatever the size, where asking a Map for its
 * first key walks over the holes that deletions left.
 */
export class BoundedMemory<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #ring: (string | undefined)[];
  #next = 0;

  constructor(maximum: number) {
    this.#ring = Array.from({ length: maximum }, () => undefined);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** A key that is there keeps its place. */
  set(key: string, value: Value): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const slot = this.#next;
    this.#next = slot + 1 === this.#ring.length ? 0 : slot + 1;
    const first = this.#ring[slot];
    // A key that was deleted and came back stands in a later slot too, and stays.
    if (first !== undefined && this.#entries.get(first)?.slot === slot) this.#entries.delete(first);
    this.#ring[slot] = key;
    this.#entries.set(key, { value, slot });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#ring.fill(undefined);
  }
}
