/** Enough for the common response in one read, small enough for a thousand idle connections. */
const READ_BYTES = 16_384;
/** What a body that fills its reads gets: fewer system calls for large downloads. */
const LARGE_READ_BYTES = 65_536;

/**
 * The memory a socket reads into: one buffer used again and again, until a body chunk is worth giving it away.
 */
export class ReadBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #given = false;
  #full = false;

  /** The memory for the next read. */
  next(): Buffer {
    if (this.#given) {
      this.bytes = Buffer.allocUnsafeSlow(this.#full ? LARGE_READ_BYTES : READ_BYTES);
      this.#given = false;
    }
    return this.bytes;
  }

  /**
   * Body bytes that somebody else owns from now on. A well-filled buffer is handed over and replaced; from a nearly
   * empty one the bytes are copied, so that a few of them never hold a large block.
   */
  take(from: number, to: number, read: number): Buffer {
    if ((to - from) * 2 < this.bytes.length) return this.copy(from, to);
    this.#given = true;
    this.#full = read === this.bytes.length;
    return this.bytes.subarray(from, to);
  }

  /** Gives large memory back: the connection goes idle. */
  shrink(): void {
    if (this.bytes.length === READ_BYTES) return;
    this.#given = true;
    this.#full = false;
  }

  copy(from: number, to: number): Buffer {
    const copy = Buffer.allocUnsafe(to - from);
    this.bytes.copy(copy, 0, from, to);
    return copy;
  }
}
