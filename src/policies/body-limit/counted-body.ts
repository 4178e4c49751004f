import { Readable } from 'node:stream';
import { GatewayError } from '../../contracts/gateway-error.js';

/**
 * A request body of unknown length that is counted as it flows and breaks off, with `tooLarge()`, beyond its limit.
 *
 * Nothing is read from the client before somebody reads here, and never faster. The client's own stream is left standing,
 * only paused, when this one is destroyed: its connection must still carry the answer.
 */
export class CountedBody extends Readable {
  readonly #source: Readable;
  readonly #tooLarge: () => GatewayError;
  #leftBytes: number;
  #started = false;

  constructor(source: Readable, limitBytes: number, tooLarge: () => GatewayError) {
    super();
    this.#source = source;
    this.#leftBytes = limitBytes;
    this.#tooLarge = tooLarge;
  }

  override _read(): void {
    if (!this.#started) this.#start();
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stop();
    callback(error);
  }

  #start(): void {
    this.#started = true;
    this.#source
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onError)
      .on('close', this.#onClose);
    // A client that left before the first read says nothing more.
    if (this.#source.destroyed && !this.#source.readableEnded) this.#onClose();
  }

  #stop(): void {
    if (!this.#started) return;
    this.#source
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onError)
      .off('close', this.#onClose)
      .pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#leftBytes -= chunk.length;
    if (this.#leftBytes < 0) this.destroy(this.#tooLarge());
    else if (!this.push(chunk)) this.#source.pause();
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };

  readonly #onError = (cause: Error): void => {
    this.destroy(new GatewayError('client-closed', { cause }));
  };

  readonly #onClose = (): void => {
    if (!this.#source.readableEnded) this.destroy(new GatewayError('client-closed'));
  };
}
