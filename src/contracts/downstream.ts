import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/**
 * What carries one client's requests, one at a time: the socket of an HTTP/1.1 connection, or one stream of an HTTP/2
 * connection, which has its own end and its own backpressure.
 */
export interface DownstreamLine {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** The line is, or runs through, a TLS connection. */
  readonly encrypted?: boolean | undefined;
  /** The client's connection, where the line is not one itself. */
  readonly connection?: DownstreamLine | undefined;
  /** The version the client spoke, where requests come in the words of another. */
  readonly spoken?: string | undefined;
  readonly destroyed: boolean;
  /** Bytes of answers that wait for the client. */
  readonly writableLength: number;
  /** Bytes of answers so far, those that wait included. */
  readonly bytesWritten: number;
  /** Whether nothing is read from the client at the moment, because whoever reads cannot keep up. */
  isPaused(): boolean;
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
}

/** A client's request as the edge, stages and forwarders see it. node:http's `IncomingMessage` is one. */
export interface DownstreamRequest {
  readonly method?: string | undefined;
  /** Origin-form: the path that was judged and the query. */
  url?: string | undefined;
  /** Flat name/value pairs, `Host` among them whatever the protocol. */
  readonly rawHeaders: string[];
  /** What came behind the body; complete once that is. */
  readonly rawTrailers: string[];
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  /** The body has arrived whole, or there is none. */
  readonly complete: boolean;
  readonly socket: DownstreamLine;
  /** Set where the protocol, and no header field, tells whether a body comes. */
  readonly framed?: FramedRequest | undefined;
}

/** What a request of a protocol with frames tells beyond its fields. */
export interface FramedRequest {
  /** The body; `undefined` when the request ended with its header section. */
  readonly body: Readable | undefined;
  /** Fields and bytes as they came, before any were joined. */
  readonly fieldCount: number;
  readonly fieldBytes: number;
  /** Tells how many bytes of the body came each time some did. */
  countBody(count: (bytes: number) => void): void;
}

/** What an answer is written to. node:http's `ServerResponse` is one. */
export interface DownstreamReply {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  /** The end of the body shows by itself, without the connection's end. */
  readonly chunkedEncoding: boolean;
  readonly socket: DownstreamLine | null;
  hasHeader(name: string): boolean;
  /** Status and fields, flat; they go out with the first bytes of the body or with the end. */
  writeHead(status: number, fields: string[]): unknown;
  /** Sends the head before there is a body. */
  flushHeaders(): void;
  /** `false` asks to wait for `drain`. `written` is called when the bytes were passed on and are not needed any more. */
  write(chunk: Buffer, written?: (error: Error | null | undefined) => void): boolean;
  once(event: 'drain', listener: () => void): unknown;
  end(): unknown;
  end(body: Buffer): unknown;
  end(body: string, encoding: 'latin1'): unknown;
  addTrailers(fields: readonly [string, string][]): void;
  /** Missing in old versions of Node. */
  writeInformation?(status: number, fields: string[]): unknown;
  /** Breaks the answer off, so that nobody takes it for whole. */
  destroy(): unknown;
}
