import { BoundedMemory } from './bounded-memory.js';

/** Values by key, each until a moment of its own, so many at most. Time is handed in, and is one that never runs backwards. */
export class ExpiringMemory<Value> {
  readonly #entries: BoundedMemory<{ readonly value: Value; readonly untilMs: number }>;

  constructor(maximum: number) {
    this.#entries = new BoundedMemory(maximum);
  }

  get size(): number {
    return this.#entries.size;
  }

  recall(key: string, nowMs: number): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowMs < entry.untilMs) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** What is over already is not kept. */
  remember(key: string, value: Value, untilMs: number, nowMs: number): void {
    if (nowMs < untilMs) this.#entries.set(key, { value, untilMs });
  }

  clear(): void {
    this.#entries.clear();
  }
}
