import { GatewayError } from '../../contracts/gateway-error.js';
import { UpstreamResponse } from '../../contracts/upstream-response.js';
import { BodilessBody } from '../http1/bodiless-body.js';
import { CapturedBody } from './captured-body.js';
import { endToEndHeaders, promisedLength } from './end-to-end-headers.js';
import type { ProxiedRequest } from './proxied-request.js';
import { ResponseHead } from './response-head.js';

/** Who waits for a captured response. */
export interface CaptureOwner {
  /** Status and headers stand; the body follows. */
  answered(response: UpstreamResponse): void;
  /** It ended before its headers stood. */
  refused(error: GatewayError): void;
  /** What an end without a reason, or with an error of node's, means. */
  explain(error: unknown): GatewayError;
}

/**
 * Stands where the client's ServerResponse would, and turns what is written to it into an {@link UpstreamResponse}.
 *
 * A write is acknowledged when the body's sink took it, so that backpressure reaches the upstream. Closing it early
 * is how the middleware learns that nobody waits any more: it then destroys its request.
 */
export class CapturedResponse extends ResponseHead {
  #headersSent = false;
  #body: CapturedBody | undefined;
  #bytesLeft: number | undefined;
  #failure: GatewayError | undefined;

  constructor(
    req: ProxiedRequest,
    private readonly upstream: string,
    private readonly owner: CaptureOwner,
  ) {
    super(req);
    // A failure is told to the owner or the sink; without a listener the event would end the process.
    this.on('error', () => {});
  }

  get headersSent(): boolean {
    return this.#headersSent;
  }

  /** Whether written bytes wait for whoever reads the body. */
  get waiting(): boolean {
    return this.#body?.waiting === true;
  }

  flushHeaders(): void {
    if (this.#headersSent || this.destroyed) return;
    this.#headersSent = true;
    const length = promisedLength(this);
    if (!this.#bodiless) {
      this.#bytesLeft = length;
      this.#body = new CapturedBody(length, () => this.destroy());
    }
    const body = this.#body ?? new BodilessBody(length);
    this.owner.answered(new UpstreamResponse(this.statusCode, endToEndHeaders(this), body, this.upstream));
  }

  /** Ends it with an error, whatever was written so far. Nothing happens once it is over. */
  abort(error: GatewayError): void {
    this.#failure ??= error;
    this.destroy();
  }

  override end(...args: readonly unknown[]): this {
    const [chunk, encoding] = args;
    // As node does: a body written in one go has a known length.
    const whole = typeof chunk === 'string' || chunk instanceof Uint8Array;
    if (whole && !this.#headersSent && !this.#bodiless && !this.hasHeader('content-length')) {
      const length =
        typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding as BufferEncoding) : chunk.length;
      this.setHeader('content-length', length);
    }
    return Reflect.apply(super.end, this, args) as this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.flushHeaders();
    const body = this.#body;
    if (body === undefined || chunk.length === 0) {
      taken();
      return;
    }
    if (this.#bytesLeft !== undefined) {
      this.#bytesLeft -= chunk.length;
      if (this.#bytesLeft < 0) {
        this.abort(this.#lengthBroken('longer'));
        return;
      }
    }
    body.write(chunk, taken);
  }

  override _final(done: () => void): void {
    this.flushHeaders();
    if (this.#bytesLeft !== undefined && this.#bytesLeft > 0) this.abort(this.#lengthBroken('shorter'));
    else this.#body?.end();
    done();
  }

  override _destroy(error: Error | null, done: () => void): void {
    if (!this.writableFinished) {
      const failure = this.#failure ?? this.owner.explain(error);
      if (this.#headersSent) this.#body?.fail(failure);
      else this.owner.refused(failure);
    }
    done();
  }

  /** RFC 9112, section 6.3: these end with their header section. */
  get #bodiless(): boolean {
    return this.req.method === 'HEAD' || this.statusCode === 204 || this.statusCode === 304;
  }

  #lengthBroken(how: string): GatewayError {
    const cause = new Error(`the body written is ${how} than its Content-Length`);
    return new GatewayError('upstream-body', { upstream: this.upstream, cause });
  }
}
