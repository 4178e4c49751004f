/** Enough for the common response in one read, small enough for a thousand idle connections. */
const READ_BYTES = 16_384;
/** What a body that fills its reads gets: fewer system calls for large downloads. */
const LARGE_READ_BYTES = 65_536;
/** What a client's connection and the kernel hold of one body at a time is about this many. */
const SPARE_BUFFERS = 4;

/**
 * The memory a socket reads into: one buffer used again and again, until a body chunk is worth giving it away.
 */
export class ReadBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #given = false;
  #full = false;
  /** A body streams: its buffers will be wanted again. */
  #streaming = false;
  /** Large memory that came back. Without it a fast download leaves 64 MB of dead buffers to the collector. */
  #spares: Buffer[] = [];

  /** The memory for the next read. */
  next(): Buffer {
    if (this.#given) {
      this.bytes = this.#full
        ? (this.#spares.pop() ?? Buffer.allocUnsafeSlow(LARGE_READ_BYTES))
        : Buffer.allocUnsafeSlow(READ_BYTES);
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
    this.#streaming = true;
    this.#full = read === this.bytes.length;
    return this.bytes.subarray(from, to);
  }

  /** Takes back the memory of a chunk that was handed over, when it is of the size that bodies stream in. */
  readonly recycle = (chunk: Buffer): void => {
    const memory = chunk.buffer;
    const wanted = this.#streaming && this.#spares.length < SPARE_BUFFERS;
    if (wanted && memory.byteLength === LARGE_READ_BYTES) this.#spares.push(Buffer.from(memory));
  };

  /** Gives large memory back: the connection goes idle. */
  shrink(): void {
    this.#streaming = false;
    this.#spares = [];
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
