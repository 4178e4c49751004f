import { type ClientHttp2Stream, constants } from 'node:http2';
import type { GatewayError } from '../../contracts/gateway-error.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import { EMPTY_BODY, type ResponseBody, UpstreamResponse } from '../../contracts/upstream-response.js';
import { arrivedBody } from '../http1/arrived-body.js';
import type { Attempt } from '../http1/attempt.js';
import { BodilessBody } from '../http1/bodiless-body.js';
import { malformed } from '../http1/malformed.js';
import { INLINE_BODY_BYTES } from '../http1/request-framing.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import { type BodySource, StreamingBody } from '../http1/streaming-body.js';
import { onEndOfStream } from './end-of-stream.js';
import { type Http2ResponseHead, readResponseHead } from './response-head.js';
import { checkTrailers, ResponseTrailers } from './response-trailers.js';

/** What a response tells the stream it comes on. */
export interface ResponseOwner {
  /** Runs what reads a piece of the response, unless the stream is over; what it throws ends the stream. */
  guarded(read: () => void): void;
  /** The upstream said something. */
  heard(): void;
  /** The header section came; the body may follow. */
  receiving(): void;
  /** A piece of the body came, or its reader takes more. */
  bodyMoved(): void;
  /** The response is complete, or nobody wants the rest. */
  done(): void;
}

/**
 * The response on one stream, from its informational responses to its trailer fields.
 *
 * One that is complete by the end of the event loop's turn its header section came in is handed over whole; any other
 * streams.
 */
export class StreamResponse implements BodySource {
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

  constructor(
    private readonly stream: ClientHttp2Stream,
    private readonly attempt: Attempt,
    private readonly limits: ResponseLimits,
    private readonly owner: ResponseOwner,
  ) {}

  listen(): void {
    const { stream, owner } = this;
    onEndOfStream(stream, this.#peerEnded);
    stream.on('headers', (_headers, _flags, raw?: string[]) => owner.guarded(() => this.#interim(raw ?? [])));
    stream.on('response', (_headers, flags, raw?: string[]) =>
      owner.guarded(() => this.#final(raw ?? [], (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)),
    );
    stream.on('trailers', (_headers, _flags, raw?: string[]) =>
      owner.guarded(() => this.#trailer(raw ?? [])),
    );
  }

  /** The upstream's body waits for its reader. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Somebody reads the body, however slowly. */
  get wanted(): boolean {
    return this.#body?.wanted === true;
  }

  /** Tells whoever waits for the response, or reads its body, that it broke off. */
  fail(error: GatewayError): void {
    const body = this.#body;
    this.#body = undefined;
    if (body === undefined) this.attempt.reject(error);
    else body.fail(error);
  }

  pauseBody(): void {
    if (this.#complete) return;
    this.#paused = true;
    this.stream.pause();
  }

  resumeBody(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.stream.resume();
    this.owner.bodyMoved();
  }

  abandonBody(): void {
    this.#body = undefined;
    this.owner.done();
  }

  #interim(raw: RawHeaders): void {
    this.owner.heard();
    if (this.#head !== undefined) throw malformed('a header section amid the body');
    if (++this.#informational > this.limits.maxInformational) {
      throw malformed('too many informational responses');
    }
    const head = readResponseHead(raw, this.limits);
    if (head.status === 101) throw malformed('101 in HTTP/2');
    if (head.length !== undefined) throw malformed('an informational response announces a body');
    this.attempt.inform(head);
  }

  #final(raw: RawHeaders, ends: boolean): void {
    this.owner.heard();
    if (this.#head !== undefined) throw malformed('a second response');
    const { request } = this.attempt;
    const head = readResponseHead(raw, this.limits);
    if (head.status < 200) throw malformed('an informational response ends the stream');
    this.#head = head;
    this.owner.receiving();
    if (request.method === 'HEAD' || head.status === 204 || head.status === 304) {
      this.#answer(new BodilessBody(head.length));
      this.owner.done();
      return;
    }
    if (request.trailers === true) this.#trailers = new ResponseTrailers(head.announced);
    if (ends) {
      this.#end();
      return;
    }
    const { stream, owner } = this;
    stream.on('data', (chunk: Buffer) => owner.guarded(() => this.#data(chunk)));
    stream.on('end', () => owner.guarded(() => this.#end()));
    // A response that came in one read is complete by then.
    setImmediate(() => owner.guarded(() => this.#stopGathering()));
  }

  #data(chunk: Buffer): void {
    this.#received += chunk.length;
    const { length } = this.#head as Http2ResponseHead;
    if (length !== undefined && this.#received > length) throw malformed('more DATA than content-length');
    this.owner.bodyMoved();
    if (this.#gathered === undefined) this.#body?.push(chunk);
    else {
      this.#gathered.push(chunk);
      if (this.#received > INLINE_BODY_BYTES) this.#stopGathering();
    }
  }

  #trailer(raw: RawHeaders): void {
    this.owner.heard();
    checkTrailers(raw, this.limits);
    this.#trailers?.take(raw);
  }

  /** What is left of the body lies in memory; it is taken over, lest it go with the connection. */
  readonly #peerEnded = (): void => {
    this.#complete = true;
    if (this.#paused) process.nextTick(() => this.stream.resume());
  };

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
    this.#body = undefined;
    this.owner.done();
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
}

const joined = (chunks: readonly Buffer[], bytes: number): Buffer =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
