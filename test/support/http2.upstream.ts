import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A request as an HTTP/2 upstream got it. */
export interface Http2Request {
  readonly method: string;
  readonly path: string;
  /** Flat name/value pairs, pseudo-header fields included. */
  readonly raw: readonly string[];
  readonly stream: ServerHttp2Stream;
  /** Which session it came on, from 0. */
  readonly session: number;
  /** Resolves with the body once it ended. */
  readonly body: Promise<Buffer>;
  /** Its trailer fields, once the body ended. */
  readonly trailers: string[];
  field(name: string): string | undefined;
}

export type Http2Respond = (request: Http2Request) => void;

/** An HTTP/2 upstream on loopback, over TLS or with prior knowledge, that answers each request with `ok` or as told. */
export class Http2Upstream {
  readonly requests: Http2Request[] = [];
  readonly sessions: ServerHttp2Session[] = [];
  /** May be changed at any time. */
  respond: Http2Respond = ({ stream, body }) => {
    void body.then(() => {
      if (stream.destroyed) return;
      stream.respond({ ':status': 200, 'content-type': 'text/plain', 'content-length': '2' });
      stream.end('ok');
    });
  };
  readonly #server: Http2Server | Http2SecureServer;
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  private constructor(
    server: Http2Server | Http2SecureServer,
    private readonly scheme: string,
  ) {
    this.#server = server;
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.push(session);
      session.on('error', () => {});
    });
    server.on('stream', (stream: ServerHttp2Stream, headers: object, _flags: number, raw: string[]) =>
      this.#take(stream, headers as Record<string, string>, raw),
    );
  }

  static async start(options: ServerOptions = {}): Promise<Http2Upstream> {
    return new Http2Upstream(createServer(options), 'http').#listen();
  }

  static async secure(options: SecureServerOptions): Promise<Http2Upstream> {
    return new Http2Upstream(createSecureServer(options), 'https').#listen();
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once that many requests came in. */
  received(count: number): Promise<void> {
    if (this.requests.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  #take(stream: ServerHttp2Stream, headers: Record<string, string>, raw: string[]): void {
    stream.on('error', () => {});
    const trailers: string[] = [];
    stream.on('trailers', (_headers, _flags, fields?: string[]) => trailers.push(...(fields ?? [])));
    const chunks: Buffer[] = [];
    const body = new Promise<Buffer>((resolve) => {
      stream.on('end', () => resolve(Buffer.concat(chunks)));
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const request: Http2Request = {
      method: headers[':method'] ?? '',
      path: headers[':path'] ?? '',
      raw,
      stream,
      session: this.sessions.indexOf(stream.session as ServerHttp2Session),
      body,
      trailers,
      field: (name) => raw[raw.findIndex((text, at) => at % 2 === 0 && text === name) + 1],
    };
    this.requests.push(request);
    for (const waiting of [...this.#waiting]) if (this.requests.length >= waiting.count) waiting.resolve();
    this.respond(request);
  }
}
