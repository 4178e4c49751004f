import type { Socket } from 'node:net';
import { closeFrame } from './close-frame.js';
import { FrameReader } from './frame.reader.js';

/** One direction of a tunnel: bytes as they come, as fast as the receiver takes them. */
export class TunnelFlow {
  readonly reader: FrameReader;
  /** Nothing may follow any more: a Close frame of ours went out, or the sender's own did. */
  #sealed = false;

  constructor(
    readonly from: Socket,
    readonly to: Socket,
    /** Whether the receiver is a server. */
    private readonly masks: boolean,
    maxMessageBytes: number,
  ) {
    this.reader = new FrameReader(maxMessageBytes);
  }

  get sealed(): boolean {
    return this.#sealed;
  }

  /** Passes bytes on; a receiver that cannot keep up stops the sender until {@link drained}. */
  pass(chunk: Buffer): void {
    const bytes = this.reader.read(chunk);
    if (this.#sealed || bytes.length === 0 || !this.to.writable) return;
    if (!this.to.write(bytes)) this.from.pause();
  }

  drained(): void {
    this.from.resume();
  }

  /** The sender closed its half: the receiver hears of it behind everything that came before. */
  end(): void {
    const { held } = this.reader;
    if (held !== undefined && !this.#sealed && this.to.writable) this.to.write(held);
    this.to.end();
  }

  /**
   * Closes the direction with a Close frame, where one may stand: never inside a frame.
   *
   * @returns `false` while the frame under way has not ended
   */
  seal(code: number): boolean {
    if (this.#sealed) return true;
    const { reader, to } = this;
    if (reader.lost) {
      this.#sealed = true;
      to.end();
      return true;
    }
    if (!reader.atBoundary) return false;
    this.#sealed = true;
    // The sender's own Close frame says it already.
    if (!reader.closed && to.writable) to.write(closeFrame(code, this.masks));
    // What still comes is read away, up to the answer.
    this.from.resume();
    return true;
  }
}
