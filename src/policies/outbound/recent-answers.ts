/** An answer, its place in the ring, and the moment from which it no longer counts. */
interface Entry<T> {
  readonly answer: T;
  readonly slot: number;
  readonly untilMs: number;
}

/**
 * What another server answered lately, so many answers at most: the oldest goes when it is full. Time is handed in, and
 * is one that never runs backwards.
 */
export class RecentAnswers<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #ring: (string | undefined)[];
  #next = 0;

  constructor(maximum: number) {
    this.#ring = Array.from({ length: maximum }, () => undefined);
  }

  get size(): number {
    return this.#entries.size;
  }

  recall(key: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowMs < entry.untilMs) return entry?.answer;
    this.#entries.delete(key);
    return undefined;
  }

  /** An answer that is over already is not kept. */
  remember(key: string, answer: T, untilMs: number, nowMs: number): void {
    if (untilMs <= nowMs) return;
    const slot = this.#next;
    this.#next = slot + 1 === this.#ring.length ? 0 : slot + 1;
    const oldest = this.#ring[slot];
    // A key that was remembered again stands in a later slot too, and stays.
    if (oldest !== undefined && this.#entries.get(oldest)?.slot === slot) this.#entries.delete(oldest);
    this.#ring[slot] = key;
    this.#entries.set(key, { answer, slot, untilMs });
  }

  clear(): void {
    this.#entries.clear();
    this.#ring.fill(undefined);
  }
}
