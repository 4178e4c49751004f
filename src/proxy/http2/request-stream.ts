import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Clock } from '../../contracts/clock.js';
import type { Target } from '../../contracts/forwarder.js';
import { GatewayError, type GatewayErrorCode } from '../../contracts/gateway-error.js';
import type { Attempt } from '../http1/attempt.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import type { Upload, UploadOwner } from '../request/upload.js';
import { abandonUpload } from './abandon-stream.js';
import { BufferUpload } from './buffer-upload.js';
import { requestHead } from './request-head.js';
import { isUnprocessed, streamFailure } from './stream-failure.js';
import { type ResponseOwner, StreamResponse } from './stream-response.js';
import { StreamUpload } from './stream-upload.js';

/** The session a stream belongs to. */
export interface StreamOwner {
  /** The upstream answered. */
  answered(): void;
  /** It waited in vain for the upstream: maybe nobody is there any more. */
  unheard(): void;
  /** The stream is over, and its place free. */
  released(stream: RequestStream): void;
}

/** What every stream of a forwarder shares. */
export interface StreamSettings {
  readonly limits: ResponseLimits;
  readonly clock: Clock;
}

// What a stream waits for: it decides what its deadline means.
const SENDING = 0;
const AWAITING = 1;
const RECEIVING = 2;
const OVER = 3;

/**
 * One request and its response on one stream: sending → awaiting → receiving → over.
 *
 * Whatever ends the stream early ends this stream only.
 */
export class RequestStream implements UploadOwner, ResponseOwner {
  #phase = AWAITING;
  #deadline = Number.POSITIVE_INFINITY;
  #stream: ClientHttp2Stream | undefined;
  #session: ClientHttp2Session | undefined;
  /** Set while a request body is unfinished. */
  #upload: Upload | undefined;
  /** The request is complete: nothing of its body is still to come. */
  #uploaded = false;
  #response: StreamResponse | undefined;
  #error: Error | undefined;

  constructor(
    private readonly attempt: Attempt,
    private readonly target: Target,
    private readonly owner: StreamOwner,
    private readonly settings: StreamSettings,
  ) {}

  /** Opens the stream and sends the request, or rejects the attempt. */
  start(session: ClientHttp2Session, reused: boolean): void {
    const { attempt } = this;
    const { rest, request, trace } = attempt;
    attempt.cancellation.add(this.#cancelled);
    if (this.#phase === OVER) return;
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(requestHead(request, this.target, rest), {
        // Never with `waitForTrailers`: node aborts the whole process when such a stream is reset at the wrong moment
        // (nodejs/node#41458). Trailer fields of a request stay behind instead, as RFC 9110, section 6.5.1 allows.
        endStream: rest === undefined || (Buffer.isBuffer(rest) && rest.length === 0),
      });
    } catch (error) {
      this.#fail(error instanceof GatewayError ? error : new GatewayError('internal', { cause: error }));
      return;
    }
    this.#stream = stream;
    this.#session = session;
    trace.reused = reused;
    trace.sent = true;
    this.#response = new StreamResponse(stream, attempt, this.settings.limits, this);
    this.#response.listen();
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    stream.on('close', () => this.#lost(undefined, this.#session?.destroyed !== false));
    if (rest === undefined) this.bodySent();
    else this.#send(stream, rest);
  }

  /** Acts on a deadline that has passed. */
  sweep(now: number): void {
    if (now < this.#deadline) return;
    const code = this.#lateCode();
    const { owner } = this;
    this.#fail(new GatewayError(code));
    if (code === 'upstream-timeout') owner.unheard();
  }

  /** The whole connection is gone. */
  disconnected(cause: Error | undefined): void {
    this.#lost(cause, true);
  }

  /** The stream is gone, and maybe its connection with it. */
  #lost(cause: Error | undefined, connection: boolean): void {
    if (this.#phase === OVER) return;
    const { trace } = this.attempt;
    const rstCode = this.#stream?.rstCode ?? 0;
    const error = this.#error ?? cause;
    if (isUnprocessed(rstCode, error)) trace.unprocessed = !trace.answered;
    // The upstream ended this stream and no other: that is an answer, not a connection that died in the pool.
    else if (!connection) trace.answered = true;
    this.#fail(streamFailure(rstCode, error));
  }

  /** The upstream said that it did nothing with this request and never will (RFC 9113, section 6.8). */
  refusedAfter(lastStreamId: number): void {
    const id = this.#stream?.id;
    if (id === undefined || id <= lastStreamId || this.attempt.trace.answered) return;
    this.attempt.trace.unprocessed = true;
    this.#fail(new GatewayError('upstream-reset', { cause: new Error('the upstream went away (GOAWAY)') }));
  }

  // ── The request ──

  #send(stream: ClientHttp2Stream, rest: NonNullable<Attempt['rest']>): void {
    if (Buffer.isBuffer(rest) && rest.length === 0) {
      this.bodySent();
      return;
    }
    this.#phase = SENDING;
    this.bodyMoved();
    const upload = Buffer.isBuffer(rest)
      ? new BufferUpload(stream, rest, this)
      : new StreamUpload(stream, rest, this);
    this.#upload = upload;
    stream.on('drain', () => upload.drained());
    upload.start();
  }

  bodyMoved(): void {
    this.#expectWithin(this.attempt.timeouts.idleMs);
  }

  bodySent(): void {
    this.#uploaded = true;
    this.#upload = undefined;
    if (this.#phase === OVER) return;
    if (this.#phase === RECEIVING) this.bodyMoved();
    else {
      this.#phase = AWAITING;
      this.#expectWithin(this.attempt.timeouts.headersMs);
    }
  }

  bodyFailed(error: GatewayError): void {
    this.#upload = undefined;
    this.#fail(error);
  }

  // ── The response ──

  guarded(read: () => void): void {
    if (this.#phase === OVER) return;
    try {
      read();
    } catch (error) {
      this.#fail(error instanceof GatewayError ? error : new GatewayError('internal', { cause: error }));
    }
  }

  heard(): void {
    if (this.attempt.trace.answered) return;
    this.attempt.trace.answered = true;
    this.owner.answered();
  }

  receiving(): void {
    this.#phase = RECEIVING;
    this.bodyMoved();
  }

  done(): void {
    this.#finish();
  }

  // ── Ends ──

  readonly #cancelled = (reason: GatewayError): void => this.#fail(reason);

  /** Whoever is being waited for is the one to blame. */
  #lateCode(): GatewayErrorCode {
    switch (this.#phase) {
      case SENDING:
        return this.#upload?.blocked === true ? 'upstream-timeout' : 'request-timeout';
      case RECEIVING:
        if (this.#response?.paused !== true) return 'upstream-timeout';
        return this.#response.wanted ? 'client-closed' : 'internal';
      default:
        return 'upstream-timeout';
    }
  }

  #fail(error: GatewayError): void {
    if (this.#phase === OVER) return;
    this.#finish();
    if (this.#response === undefined) this.attempt.reject(error);
    else this.#response.fail(error);
  }

  /** Lets go of the stream; one that is still open is reset, for nobody reads it any more. */
  #finish(): void {
    if (this.#phase === OVER) return;
    this.#phase = OVER;
    this.#deadline = Number.POSITIVE_INFINITY;
    this.attempt.cancellation.remove(this.#cancelled);
    const upload = this.#upload;
    this.#upload = undefined;
    upload?.abandon();
    const stream = this.#stream;
    if (stream !== undefined) {
      if (this.#uploaded) stream.close(constants.NGHTTP2_CANCEL);
      else abandonUpload(stream);
      // Whatever was received counts against the connection's window until it is read.
      stream.resume();
    }
    this.owner.released(this);
  }

  #expectWithin(ms: number): void {
    if (this.#phase !== OVER) {
      this.#deadline = ms === 0 ? Number.POSITIVE_INFINITY : this.settings.clock.monotonic() + ms;
    }
  }
}
