import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it reached the upstream, without what the two protocols have no common word for. */
export interface SeenRequest {
  readonly protocol: string;
  readonly method: string;
  readonly url: string;
  readonly host: string;
  /** End-to-end fields, names in lower case; cookies joined. */
  readonly fields: readonly string[];
  readonly body: string;
}

export type TwoProtocolRespond = (req: SeenRequest, res: ServerResponse) => void;

/** Where the header section says how the message stands on the connection, or what `:authority` says in HTTP/2. */
const OF_THE_PROTOCOL = /^(:.*|host|connection|te|transfer-encoding)$/;

/** One upstream on two ports, HTTP/1.1 on one and HTTP/2 on the other, that answers by the same function. */
export class TwoProtocolUpstream {
  readonly seen: SeenRequest[] = [];
  /** May be changed at any time. */
  respond: TwoProtocolRespond = (_req, res) => res.end('ok');
  readonly #http1 = createHttp1((req, res) => void this.#take(req, res));
  readonly #http2: Http2Server = createHttp2(
    (req, res) => void this.#take(req as unknown as IncomingMessage, res as unknown as ServerResponse),
  );
  readonly #sessions = new Set<ServerHttp2Session>();

  static async start(): Promise<TwoProtocolUpstream> {
    const upstream = new TwoProtocolUpstream();
    upstream.#http2.on('session', (session) => upstream.#sessions.add(session));
    for (const server of [upstream.#http1, upstream.#http2] as Server[]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return upstream;
  }

  get http1Url(): string {
    return url(this.#http1);
  }

  get http2Url(): string {
    return url(this.#http2);
  }

  async close(): Promise<void> {
    this.#http1.closeAllConnections();
    for (const session of this.#sessions) session.destroy();
    for (const server of [this.#http1, this.#http2] as Server[]) {
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req).catch(() => undefined);
    if (body === undefined) return;
    const { method = '', url = '', headers, rawHeaders, httpVersion } = req;
    const cookies = headers.cookie === undefined ? [] : [`cookie: ${headers.cookie}`];
    const fields: string[] = [...cookies];
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = (rawHeaders[at] as string).toLowerCase();
      if (name !== 'cookie' && !OF_THE_PROTOCOL.test(name)) fields.push(`${name}: ${rawHeaders[at + 1]}`);
    }
    const host = String(headers.host ?? headers[':authority']).replace(/:\d+$/, '');
    const text = body.toString('latin1');
    const seen = { protocol: httpVersion, method, url, host, fields: fields.sort(), body: text };
    this.seen.push(seen);
    this.respond(seen, res);
  }
}

const url = (server: { address(): unknown }): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
