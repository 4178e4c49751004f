import { constants, type ServerHttp2Stream, type ServerStreamResponseOptions } from 'node:http2';
import type { DownstreamReply } from '../../contracts/downstream.js';
import type { Http2Line } from './http2.line.js';
import type { Http2Request } from './http2.request.js';

/** Fields that belong to an HTTP/1.1 connection and make an HTTP/2 message malformed (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

// How a head goes out.
const PLAIN: ServerStreamResponseOptions = Object.freeze({});
const BODILESS: ServerStreamResponseOptions = Object.freeze({ endStream: true });
const WITH_TRAILERS: ServerStreamResponseOptions = Object.freeze({ waitForTrailers: true });

/** What a stream is reset with; nobody reads it. */
const CUT = new Error('The answer broke off.');

/** Node takes flat pairs since 24.7 and 25; an older one would reset the stream over them. */
const TAKES_PAIRS = Number.parseInt(process.versions.node, 10) >= 25;

/** Large bodies go out in pieces, so that each shows that the client still takes some. */
const PIECE_BYTES = 65_536;

/** Writes an answer to a stream: status, fields in lower case, body, trailers (RFC 9113, section 8). */
export class Http2Reply implements DownstreamReply {
  /** Frames tell where the body ends. */
  readonly chunkedEncoding = true;
  readonly #stream: ServerHttp2Stream;
  /** The head until it goes out with the first bytes. */
  #head: string[] | undefined;
  /** What `Content-Length` says. */
  #declared: number | undefined;
  #trailers: readonly [string, string][] = [];
  #ended = false;
  #awaitsTrailers = false;
  /** The end went out with the last byte that was declared. */
  #whole = false;
  #begun = false;

  constructor(
    readonly socket: Http2Line,
    private readonly request: Http2Request,
  ) {
    this.#stream = socket.stream;
  }

  get headersSent(): boolean {
    return this.#begun;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  hasHeader(name: string): boolean {
    return name === 'content-length' && this.#declared !== undefined;
  }

  writeHead(status: number, fields: readonly string[]): void {
    const head = [':status', String(status)];
    for (let i = 0; i < fields.length; i += 2) {
      const name = (fields[i] as string).toLowerCase();
      if (CONNECTION_FIELDS.has(name)) continue;
      const value = fields[i + 1] as string;
      if (name === 'content-length') this.#declared = Number(value);
      head.push(name, value);
    }
    this.#head = head;
    this.#begun = true;
  }

  flushHeaders(): void {
    if (!this.destroyed) this.#begin(this.request.takesTrailers ? WITH_TRAILERS : PLAIN);
  }

  write(chunk: Buffer, written?: (error: Error | null | undefined) => void): boolean {
    if (this.destroyed) return false;
    this.socket.bytesWritten += chunk.length;
    // Most answers: one piece is all of it, so the end need not wait for more and goes into the same frame.
    if (this.#head !== undefined && chunk.length === this.#declared) {
      this.#whole = true;
      this.#begin(PLAIN);
      this.#stream.write(chunk, written);
      this.#stream.end();
      // A stream that was ended tells of no drain.
      return true;
    }
    this.#begin(this.request.takesTrailers ? WITH_TRAILERS : PLAIN);
    return this.#stream.write(chunk, written);
  }

  once(event: 'drain', listener: () => void): void {
    this.#stream.once(event, listener);
  }

  end(body?: Buffer | string, encoding?: 'latin1'): void {
    if (this.destroyed) return;
    this.#ended = true;
    const bytes = typeof body === 'string' ? Buffer.from(body, encoding) : body;
    if (bytes === undefined && this.#head !== undefined) this.#begin(BODILESS);
    else if (!this.#whole) {
      this.#begin(PLAIN);
      if (bytes !== undefined) this.#writePieces(bytes);
      this.#stream.end();
    }
    // RFC 9113, section 8.1: the rest of an upload that has its answer is not wanted.
    if (!this.request.complete) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  addTrailers(fields: readonly [string, string][]): void {
    this.#trailers = fields;
  }

  writeInformation(status: number, fields: readonly string[]): void {
    if (this.destroyed || this.#begun) return;
    const head = [':status', String(status)];
    for (let i = 0; i < fields.length; i += 2) {
      const name = (fields[i] as string).toLowerCase();
      if (!CONNECTION_FIELDS.has(name)) head.push(name, fields[i + 1] as string);
    }
    this.#stream.additionalHeaders(byName(head));
  }

  /**
   * The stream is reset (INTERNAL_ERROR), and the client knows that the body is not whole. Node's `close` would end the
   * stream before it resets it, and a client that hears the end first takes half a body for the whole.
   */
  destroy(): void {
    if (this.#ended || this.#whole || this.destroyed) return;
    // A stream that waits for its trailers has no end to send, and is not destroyed while bytes wait: nodejs/node#41458.
    if (this.#awaitsTrailers) this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else this.#stream.destroy(CUT);
  }

  #begin(manner: ServerStreamResponseOptions): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    this.#stream.respond(TAKES_PAIRS ? head : byName(head), manner);
    if (manner !== WITH_TRAILERS) return;
    this.#awaitsTrailers = true;
    this.#stream.once('wantTrailers', () => this.#sendTrailers());
  }

  #sendTrailers(): void {
    if (!this.#ended) return;
    this.#stream.sendTrailers(byName(this.#trailers.flatMap(([name, value]) => [name.toLowerCase(), value])));
  }

  #writePieces(bytes: Buffer): void {
    this.socket.bytesWritten += bytes.length;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#stream.write(bytes.subarray(at, at + PIECE_BYTES));
    }
  }
}

/** Pairs as the object that every Node takes; fields of one name become a list. */
function byName(pairs: readonly string[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string;
    const value = pairs[i + 1] as string;
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}
