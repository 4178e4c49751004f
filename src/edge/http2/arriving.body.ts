import type { ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';

/**
 * The body of a request as it arrives on a stream.
 *
 * It stands apart from the stream because that carries the answer too: whoever is done with the body may destroy this
 * without breaking the answer off. Nothing is read before somebody reads here, so the stream's window closes in front
 * of a slow reader.
 */
export class ArrivingBody extends Readable {
  #started = false;
  #count: ((bytes: number) => void) | undefined;
  /** Tells the client to go on when it waits for `100 Continue`; called at the first read. */
  readonly #goOn: (() => void) | undefined;

  constructor(
    private readonly source: ServerHttp2Stream,
    goOn: (() => void) | undefined,
  ) {
    super({ highWaterMark: 65_536 });
    this.#goOn = goOn;
    source.on('aborted', () => this.destroy());
    source.on('close', () => {
      if (!source.readableEnded) this.destroy();
    });
  }

  /** Told how many bytes came each time some did. */
  countWith(count: (bytes: number) => void): void {
    this.#count = count;
  }

  override _read(): void {
    const { source } = this;
    if (this.#started) {
      source.resume();
      return;
    }
    this.#started = true;
    this.#goOn?.();
    source.on('data', (chunk: Buffer) => {
      this.#count?.(chunk.length);
      if (!this.push(chunk)) source.pause();
    });
    // A body of one empty frame ends before anybody reads, and says so to nobody who comes later.
    if (source.readableEnded) this.#end();
    else source.on('end', () => this.#end());
  }

  #end(): void {
    // A stream that was reset ends as if it were complete.
    if (this.source.aborted) this.destroy();
    else this.push(null);
  }
}
