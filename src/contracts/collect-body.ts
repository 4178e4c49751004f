import type { Cancellation } from './cancellation.js';
import type { GatewayError } from './gateway-error.js';
import type { BodyFlow, BodySink, ResponseBody } from './upstream-response.js';

/**
 * Takes a body into memory, at most `limitBytes` of it.
 *
 * Rejects with what `overLimit` makes beyond the limit, with the source's error when the body broke off, and with the
 * cancellation's reason when the client left.
 */
export function collectBody(
  body: ResponseBody,
  limitBytes: number,
  overLimit: () => Error,
  cancellation: Cancellation,
): Promise<Buffer> {
  if (body.length !== undefined && body.length > limitBytes) {
    body.discard();
    return Promise.reject(overLimit());
  }
  return new Promise((resolve, reject) => {
    new Collector(limitBytes, overLimit, cancellation, resolve, reject).take(body);
  });
}

class Collector implements BodySink {
  readonly #chunks: Buffer[] = [];
  readonly #abandon = (reason: Error): void => this.#giveUp(reason);
  #bytes = 0;
  #settled = false;
  #flow: BodyFlow | undefined;

  constructor(
    readonly limitBytes: number,
    readonly overLimit: () => Error,
    readonly cancellation: Cancellation,
    readonly resolve: (bytes: Buffer) => void,
    readonly reject: (reason: Error) => void,
  ) {}

  take(body: ResponseBody): void {
    const flow = body.pipe(this);
    // The source may have written everything, or too much, before it could return its handle.
    if (this.#settled) flow.cancel();
    else {
      this.#flow = flow;
      this.cancellation.add(this.#abandon);
    }
  }

  write(chunk: Buffer): boolean {
    if (this.#settled) return false;
    this.#bytes += chunk.length;
    if (this.#bytes > this.limitBytes) {
      this.#giveUp(this.overLimit());
      return false;
    }
    this.#chunks.push(chunk);
    return true;
  }

  end(): void {
    if (!this.#settle()) return;
    const [first] = this.#chunks;
    this.resolve(
      this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#bytes),
    );
  }

  fail(error: GatewayError): void {
    if (this.#settle()) this.reject(error);
  }

  #giveUp(reason: Error): void {
    if (!this.#settle()) return;
    this.#flow?.cancel();
    this.reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.cancellation.remove(this.#abandon);
    return true;
  }
}
