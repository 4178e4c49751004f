import { Duplex } from 'node:stream';

/**
 * One of two ends inside the process: what is written to one is read from the other, as fast as that reads. It has what
 * is asked of a client's socket, the parts that mean nothing here included.
 */
export class PairedSocket extends Duplex {
  #other: PairedSocket | undefined;
  /** Set while a write waits for the other end to read on. */
  #taken: (() => void) | undefined;

  private constructor() {
    super({ allowHalfOpen: true });
  }

  static pair(): readonly [PairedSocket, PairedSocket] {
    const one = new PairedSocket();
    const other = new PairedSocket();
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error) => void): void {
    const other = this.#other as PairedSocket;
    if (other.destroyed) taken(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    else if (chunk.length === 0) taken();
    else {
      other.#taken = taken;
      other.push(chunk);
    }
  }

  /** Over when the other end has read everything. */
  override _final(done: () => void): void {
    const other = this.#other as PairedSocket;
    if (other.destroyed) {
      done();
      return;
    }
    other.once('end', done);
    other.push(null);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  // There is no network in between to be told.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
