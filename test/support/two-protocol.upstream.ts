import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Certified } from './certificate.authority.js';

/** What an upstream can be spoken to in: `h2c` is HTTP/2 in the clear, `h2` over TLS. */
export const SPOKEN = ['http1', 'h2c', 'h2'] as const;
export type Spoken = (typeof SPOKEN)[number];

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

/** One upstream on a port for each protocol that answers by the same function. */
export class TwoProtocolUpstream {
  readonly seen: SeenRequest[] = [];
  /** May be changed at any time. */
  respond: TwoProtocolRespond = (_req, res) => res.end('ok');
  readonly #http1 = createHttp1((req, res) => void this.#take(req, res));
  readonly #servers: Readonly<Record<Spoken, Server>>;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor(certified: Certified) {
    const take = (req: Http2ServerRequest, res: Http2ServerResponse): void =>
      void this.#take(req as unknown as IncomingMessage, res as unknown as ServerResponse);
    const h2c = createHttp2(take);
    const h2 = createSecureServer({ ...certified }, take);
    for (const server of [h2c, h2]) {
      server.on('session', (session: ServerHttp2Session) => {
        this.#sessions.add(session);
        session.on('close', () => this.#sessions.delete(session));
      });
    }
    this.#servers = { http1: this.#http1, h2c, h2 };
  }

  static async start(certified: Certified): Promise<TwoProtocolUpstream> {
    const upstream = new TwoProtocolUpstream(certified);
    for (const server of Object.values(upstream.#servers)) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return upstream;
  }

  url(spoken: Spoken): string {
    const { port } = this.#servers[spoken].address() as AddressInfo;
    return `${spoken === 'h2' ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  /** Says on every HTTP/2 connection that it goes away (GOAWAY). Gives how many there were. */
  goAway(): number {
    const going = [...this.#sessions].filter(({ closed }) => !closed);
    for (const session of going) session.close();
    return going.length;
  }

  async close(): Promise<void> {
    this.#http1.closeAllConnections();
    for (const session of this.#sessions) session.destroy();
    for (const server of Object.values(this.#servers)) {
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
