/**
 * A map of at most so many entries. The oldest goes when it is full; keys stand in a ring beside the map, for asking a
 * Map for its first key walks over the holes that deletions left.
 */
export class BoundedMemory<Value> {
  readonly #known = new Map<string, Value>();
  readonly #ring: (string | undefined)[];
  #next = 0;

  constructor(entries: number) {
    this.#ring = Array.from({ length: entries }, () => undefined);
  }

  get size(): number {
    return this.#known.size;
  }

  get(key: string): Value | undefined {
    return this.#known.get(key);
  }

  set(key: string, value: Value): void {
    if (!this.#known.has(key)) {
      const oldest = this.#ring[this.#next];
      if (oldest !== undefined) this.#known.delete(oldest);
      this.#ring[this.#next] = key;
      this.#next = this.#next + 1 === this.#ring.length ? 0 : this.#next + 1;
    }
    this.#known.set(key, value);
  }

  delete(key: string): void {
    this.#known.delete(key);
  }
}
