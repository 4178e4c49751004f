import type { IncomingHttpHeaders } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { DownstreamRequest, FramedRequest } from '../../contracts/downstream.js';
import { headerValue } from '../../contracts/raw-headers.js';
import { ArrivingBody } from './arriving.body.js';
import type { RequestHead } from './http2.fields.js';
import type { Http2Line } from './http2.line.js';

/** A request that came on a stream, in the words of HTTP/1.1 (RFC 9113, section 8). */
export class Http2Request implements DownstreamRequest, FramedRequest {
  readonly httpVersion = '2.0';
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;
  readonly method: string;
  url: string;
  readonly rawHeaders: string[];
  readonly fieldCount: number;
  readonly fieldBytes: number;
  readonly body: Readable | undefined;
  rawTrailers: string[] = [];
  readonly #stream: ServerHttp2Stream;
  #headers: IncomingHttpHeaders | undefined;

  constructor(
    head: RequestHead,
    readonly socket: Http2Line,
  ) {
    const { stream } = socket;
    this.#stream = stream;
    this.method = head.method;
    this.url = head.url;
    this.rawHeaders = head.rawHeaders;
    this.fieldCount = head.fieldCount;
    this.fieldBytes = head.fieldBytes;
    this.body = stream.endAfterHeaders ? undefined : this.#arriving(stream);
  }

  get framed(): FramedRequest {
    return this;
  }

  get complete(): boolean {
    return this.body === undefined || this.#stream.readableEnded;
  }

  /** Made when a handler asks; nothing on the way of an ordinary request does. */
  get headers(): IncomingHttpHeaders {
    this.#headers ??= joined(this.rawHeaders);
    return this.#headers;
  }

  /** RFC 9110, section 6.5.1: only who says so may be sent trailers that matter. */
  get takesTrailers(): boolean {
    return headerValue(this.rawHeaders, 'te') === 'trailers';
  }

  countBody(count: (bytes: number) => void): void {
    (this.body as ArrivingBody).countWith(count);
  }

  #arriving(stream: ServerHttp2Stream): ArrivingBody {
    stream.on('trailers', (_headers, _flags, raw?: string[]) => {
      this.rawTrailers = raw ?? [];
    });
    const waits = headerValue(this.rawHeaders, 'expect')?.toLowerCase() === '100-continue';
    return new ArrivingBody(stream, waits ? () => goOn(stream) : undefined);
  }
}

/** RFC 9110, section 10.1.1. */
function goOn(stream: ServerHttp2Stream): void {
  if (!stream.headersSent && !stream.destroyed) {
    stream.additionalHeaders({ ':status': constants.HTTP_STATUS_CONTINUE });
  }
}

/** Fields of one name stand as one, as in node:http's `headers`. */
function joined(raw: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}
