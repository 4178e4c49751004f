import type { Clock } from '../../contracts/clock.js';
import type { Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { RequestBody, StreamedBody } from '../../contracts/upstream-request.js';
import type { Attempt } from './attempt.js';
import { INLINE_BODY_BYTES } from './request-framing.js';

/** Where an upload goes that needs no more waiting. */
export interface UploadGateOwner {
  /** The attempt may take a connection now, with this body. */
  opened(gate: UploadGate, body: RequestBody): void;
  /** There is nothing left to send. */
  refused(gate: UploadGate, error: GatewayError): void;
}

/**
 * Holds an upload back until its bytes flow, so that a slow client waits here and not on an upstream's connection.
 *
 * - A body with a declared length that fits the head's own write is gathered whole: it is sent in that write, and the
 *   request can then be sent again.
 * - Any other opens the gate with its first bytes, or with its end.
 *
 * The idle clock runs here as on a connection: a client that falls silent is told `request-timeout`.
 */
export class UploadGate {
  #deadline = Number.POSITIVE_INFINITY;
  #over = false;
  #gathered: Buffer[] | undefined;
  #bytes = 0;

  constructor(
    readonly attempt: Attempt,
    readonly target: Target,
    private readonly body: StreamedBody,
    private readonly owner: UploadGateOwner,
    private readonly clock: Clock,
  ) {
    const { length } = body;
    this.#gathered = length !== undefined && length <= INLINE_BODY_BYTES ? [] : undefined;
  }

  start(): void {
    const { stream } = this.body;
    // It stays for good: the stream may break while its request still waits for a connection.
    stream.on('error', this.#failed);
    if (stream.readableEnded) return this.#ended();
    if (stream.destroyed) return this.#closed();
    this.#moved();
    this.attempt.cancellation.add(this.#cancelled);
    stream.on('close', this.#closed);
    stream.on('end', this.#ended);
    stream.on('data', this.#chunk);
    // Another listener may have paused it before; a stream that was told to pause does not flow by itself.
    stream.resume();
  }

  sweep(now: number): void {
    if (now >= this.#deadline) this.#refuse(new GatewayError('request-timeout'));
  }

  readonly #chunk = (chunk: Buffer): void => {
    const { length, stream } = this.body;
    const gathered = this.#gathered;
    if (gathered === undefined) {
      // Back to where it came from: whoever sends the body reads it from its beginning.
      stream.pause();
      stream.unshift(chunk);
      this.#open(this.body);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > (length as number)) this.#refuse(wrongLength('more'));
    else {
      gathered.push(chunk);
      this.#moved();
    }
  };

  readonly #ended = (): void => {
    const gathered = this.#gathered;
    if (gathered === undefined) this.#open(this.body);
    else if (this.#bytes < (this.body.length as number)) this.#refuse(wrongLength('less'));
    else {
      this.body.whole =
        gathered.length === 1 ? (gathered[0] as Buffer) : Buffer.concat(gathered, this.#bytes);
      this.#open(this.body.whole);
    }
  };

  readonly #closed = (): void => this.#refuse(new GatewayError('client-closed'));

  readonly #failed = (error: Error): void => {
    // A stream in front of the client may refuse by our own rules, such as the body limit.
    this.#refuse(error instanceof GatewayError ? error : new GatewayError('client-closed', { cause: error }));
  };

  readonly #cancelled = (reason: GatewayError): void => this.#refuse(reason);

  #open(body: RequestBody): void {
    if (this.#over) return;
    this.#finish();
    this.owner.opened(this, body);
  }

  #refuse(error: GatewayError): void {
    if (this.#over) return;
    this.#finish();
    this.owner.refused(this, error);
  }

  #finish(): void {
    const { stream } = this.body;
    this.#over = true;
    this.attempt.cancellation.remove(this.#cancelled);
    stream.off('data', this.#chunk);
    stream.off('end', this.#ended);
    stream.off('close', this.#closed);
  }

  #moved(): void {
    const { idleMs } = this.attempt.timeouts;
    if (idleMs > 0) this.#deadline = this.clock.monotonic() + idleMs;
  }
}

const wrongLength = (what: 'more' | 'less'): GatewayError =>
  new GatewayError('bad-request', { detail: `The client sent ${what} than its Content-Length.` });
