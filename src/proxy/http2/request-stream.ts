import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Clock } from '../../contracts/clock.js';
import type { Target } from '../../contracts/forwarder.js';
import { GatewayError, type GatewayErrorCode } from '../../contracts/gateway-error.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import { EMPTY_BODY, type ResponseBody, UpstreamResponse } from '../../contracts/upstream-response.js';
import { arrivedBody } from '../http1/arrived-body.js';
import type { Attempt } from '../http1/attempt.js';
import { BodilessBody } from '../http1/bodiless-body.js';
import { malformed } from '../http1/malformed.js';
import { INLINE_BODY_BYTES } from '../http1/request-framing.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import { type BodySource, StreamingBody } from '../http1/streaming-body.js';
import type { Upload, UploadOwner } from '../request/upload.js';
import { abandonUpload } from './abandon-stream.js';
import { BufferUpload } from './buffer-upload.js';
import { onEndOfStream } from './end-of-stream.js';
import { requestHead } from './request-head.js';
import { type Http2ResponseHead, readResponseHead } from './response-head.js';
import { checkTrailers, ResponseTrailers } from './response-trailers.js';
import { isUnprocessed, streamFailure } from './stream-failure.js';
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

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = constants;

/**
 * One request and its response on one stream: sending → awaiting → receiving → over.
 *
 * A response that is complete by the end of the event loop's turn its header section came in is handed over whole; any
 * other streams. Whatever ends the stream early ends this stream only.
 */
export class RequestStream implements BodySource, UploadOwner {
  #phase = AWAITING;
  #deadline = Number.POSITIVE_INFINITY;
  #stream: ClientHttp2Stream | undefined;
  #session: ClientHttp2Session | undefined;
  /** Set while a request body is unfinished. */
  #upload: Upload | undefined;
  /** The request is complete: nothing of its body is still to come. */
  #uploaded = false;
  #head: Http2ResponseHead | undefined;
  #trailers: ResponseTrailers | undefined;
  /** What came of the body before the response was handed over; `undefined` from then on. */
  #gathered: Buffer[] | undefined = [];
  #received = 0;
  #informational = 0;
  #body: StreamingBody | undefined;
  /** END_STREAM came: the body is complete, though maybe not all of it was read. */
  #complete = false;
  #paused = false;
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
    onEndOfStream(stream, this.#peerEnded);
    stream.on('headers', (_headers, _flags, raw?: string[]) => this.#guarded(() => this.#interim(raw ?? [])));
    stream.on('response', (_headers, flags, raw?: string[]) =>
      this.#guarded(() => this.#response(raw ?? [], (flags & NGHTTP2_FLAG_END_STREAM) !== 0)),
    );
    stream.on('trailers', (_headers, _flags, raw?: string[]) =>
      this.#guarded(() => this.#trailer(raw ?? [])),
    );
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    stream.on('close', () => this.lost(undefined));
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

  /** The stream, or its whole connection, is gone. */
  lost(cause: Error | undefined): void {
    if (this.#phase === OVER) return;
    const { trace } = this.attempt;
    const rstCode = this.#stream?.rstCode ?? 0;
    const error = this.#error ?? cause;
    if (isUnprocessed(rstCode, error)) trace.unprocessed = !trace.answered;
    // The upstream ended this stream and no other: that is an answer, not a connection that died in the pool.
    else if (this.#session?.destroyed === false) trace.answered = true;
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

  #interim(raw: RawHeaders): void {
    this.#hear();
    if (this.#head !== undefined) throw malformed('a header section amid the body');
    if (++this.#informational > this.settings.limits.maxInformational) {
      throw malformed('too many informational responses');
    }
    const head = readResponseHead(raw, this.settings.limits);
    if (head.status === 101) throw malformed('101 in HTTP/2');
    if (head.length !== undefined) throw malformed('an informational response announces a body');
    this.attempt.inform(head);
  }

  #response(raw: RawHeaders, ends: boolean): void {
    this.#hear();
    if (this.#head !== undefined) throw malformed('a second response');
    const { request } = this.attempt;
    const head = readResponseHead(raw, this.settings.limits);
    if (head.status < 200) throw malformed('an informational response ends the stream');
    this.#head = head;
    this.#phase = RECEIVING;
    if (request.method === 'HEAD' || head.status === 204 || head.status === 304) {
      this.#answer(new BodilessBody(head.length));
      this.#finish();
      return;
    }
    if (request.trailers === true) this.#trailers = new ResponseTrailers(head.announced);
    this.bodyMoved();
    const stream = this.#stream as ClientHttp2Stream;
    if (ends) {
      this.#end();
      return;
    }
    stream.on('data', (chunk: Buffer) => this.#guarded(() => this.#data(chunk)));
    stream.on('end', () => this.#guarded(() => this.#end()));
    // A response that came in one read is complete by then.
    setImmediate(() => this.#guarded(() => this.#stopGathering()));
  }

  #data(chunk: Buffer): void {
    this.#received += chunk.length;
    const { length } = this.#head as Http2ResponseHead;
    if (length !== undefined && this.#received > length) throw malformed('more DATA than content-length');
    this.bodyMoved();
    if (this.#gathered === undefined) this.#body?.push(chunk);
    else {
      this.#gathered.push(chunk);
      if (this.#received > INLINE_BODY_BYTES) this.#stopGathering();
    }
  }

  #trailer(raw: RawHeaders): void {
    this.#hear();
    checkTrailers(raw, this.settings.limits);
    this.#trailers?.take(raw);
  }

  #end(): void {
    const head = this.#head as Http2ResponseHead;
    // A stream that was cut ends here too; its close tells why.
    if (!this.#complete) return;
    if (head.length !== undefined && head.length !== this.#received) {
      throw malformed('less DATA than content-length');
    }
    const body = this.#body;
    if (this.#gathered !== undefined) {
      const bytes = this.#gathered.length === 0 ? undefined : joined(this.#gathered, this.#received);
      this.#answer(
        bytes === undefined && this.#trailers === undefined ? EMPTY_BODY : arrivedBody(bytes, this.#trailers),
      );
    }
    this.#finish();
    body?.finish();
  }

  #stopGathering(): void {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    const { length } = this.#head as Http2ResponseHead;
    const body = new StreamingBody(this, length, () => {}, this.#trailers);
    this.#body = body;
    this.#gathered = undefined;
    for (const chunk of gathered) body.push(chunk);
    this.#answer(body);
  }

  #answer(body: ResponseBody): void {
    const { status, headers } = this.#head as Http2ResponseHead;
    this.#gathered = undefined;
    this.attempt.resolve(new UpstreamResponse(status, headers, body));
  }

  #hear(): void {
    if (this.attempt.trace.answered) return;
    this.attempt.trace.answered = true;
    this.owner.answered();
  }

  /** What is left of the body lies in memory; it is taken over, lest it go with the connection. */
  readonly #peerEnded = (): void => {
    this.#complete = true;
    if (this.#paused) process.nextTick(() => this.#stream?.resume());
  };

  pauseBody(): void {
    if (this.#complete) return;
    this.#paused = true;
    this.#stream?.pause();
  }

  resumeBody(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
    this.bodyMoved();
  }

  abandonBody(): void {
    this.#finish();
  }

  // ── Ends ──

  readonly #cancelled = (reason: GatewayError): void => this.#fail(reason);

  #guarded(act: () => void): void {
    if (this.#phase === OVER) return;
    try {
      act();
    } catch (error) {
      this.#fail(error instanceof GatewayError ? error : new GatewayError('internal', { cause: error }));
    }
  }

  /** Whoever is being waited for is the one to blame. */
  #lateCode(): GatewayErrorCode {
    switch (this.#phase) {
      case SENDING:
        return this.#upload?.blocked === true ? 'upstream-timeout' : 'request-timeout';
      case RECEIVING:
        if (!this.#paused) return 'upstream-timeout';
        return this.#body?.wanted === true ? 'client-closed' : 'internal';
      default:
        return 'upstream-timeout';
    }
  }

  #fail(error: GatewayError): void {
    if (this.#phase === OVER) return;
    const body = this.#body;
    this.#finish();
    if (body === undefined) this.attempt.reject(error);
    else body.fail(error);
  }

  /** Lets go of the stream; one that is still open is reset, for nobody reads it any more. */
  #finish(): void {
    if (this.#phase === OVER) return;
    this.#phase = OVER;
    this.#deadline = Number.POSITIVE_INFINITY;
    this.attempt.cancellation.remove(this.#cancelled);
    const upload = this.#upload;
    this.#upload = undefined;
    this.#body = undefined;
    upload?.abandon();
    const stream = this.#stream;
    if (stream !== undefined) {
      if (this.#uploaded) stream.close(NGHTTP2_CANCEL);
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

const joined = (chunks: readonly Buffer[], bytes: number): Buffer =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
