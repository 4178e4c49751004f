import { hash } from 'node:crypto';
import { BoundedMemory } from '../../../contracts/bounded-memory.js';
import type { KnownToken } from './known-token.js';
import type { Remembered } from './remembered.js';

/** About 2 KB each with common claims: some 20 MB when full. */
const TOKEN_MEMO_ENTRIES = 10_000;

/** Remembers verified tokens by the SHA-256 of the whole token, signature included, so that no two can be mixed up. */
export class TokenMemo<Known extends Remembered = KnownToken> {
  readonly #known: BoundedMemory<Known>;

  constructor(entries: number = TOKEN_MEMO_ENTRIES) {
    this.#known = new BoundedMemory(entries);
  }

  get size(): number {
    return this.#known.size;
  }

  /** What is known of a token now; an entry outside its time is forgotten. */
  recall(key: string, nowMs: number): Known | undefined {
    const known = this.#known.get(key);
    if (known === undefined || known.holdsAt(nowMs)) return known;
    this.#known.delete(key);
    return undefined;
  }

  remember(key: string, known: Known): void {
    this.#known.set(key, known);
  }

  /** 32 bytes as one string of as many characters: a key that a Map compares by content. */
  static keyOf(token: string): string {
    return hash('sha256', token, 'latin1');
  }
}
