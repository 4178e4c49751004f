import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Behaviour = (req: IncomingMessage, res: ServerResponse) => void;

const LARGE = Buffer.alloc(100_000, 'x');
const DRIP_MS = 20;

/** An upstream whose path says how it misbehaves. */
export class FaultyUpstream {
  readonly #server: Server;
  readonly #awaited = new Map<string, () => void>();
  readonly #behaviours: Readonly<Record<string, Behaviour>> = {
    '/up/ok': (_req, res) => res.end('{"ok":true}'),
    '/up/echo': (req, res) => req.pipe(res),
    '/up/large': (_req, res) => res.writeHead(200, { 'Content-Length': LARGE.length }).end(LARGE),
    '/up/500': (_req, res) => res.writeHead(500).end('{"failed":true}'),
    '/up/503': (_req, res) => res.writeHead(503, { 'Retry-After': '1' }).end(),
    '/up/reset-before-head': (req) => req.socket.resetAndDestroy(),
    '/up/reset-in-body': (req, res) => {
      res.writeHead(200, { 'Content-Length': LARGE.length });
      res.write(LARGE.subarray(0, 1_000), () => req.socket.resetAndDestroy());
    },
    '/up/close-in-chunks': (req, res) => res.write('some', () => req.socket.destroy()),
    '/up/nonsense': (req) => req.socket.end('SIP/2.0 200 OK\r\n\r\n'),
    '/up/silent': () => {},
    '/up/unread': (req) => req.pause(),
    '/up/endless': (_req, res) => {
      const drip = setInterval(() => res.write('drop'), DRIP_MS);
      res.once('close', () => clearInterval(drip));
      res.write('first');
    },
  };

  private constructor() {
    this.#server = createServer((req, res) => {
      req.on('error', () => {});
      const id = req.headers['x-correlation-id'] as string;
      this.#awaited.get(id)?.();
      this.#awaited.delete(id);
      const path = (req.url ?? '').split('?', 1)[0] as string;
      const behave = this.#behaviours[path] ?? ((_req, other) => other.writeHead(404).end());
      behave(req, res);
    });
    this.#server.keepAliveTimeout = 75_000;
  }

  static async start(): Promise<FaultyUpstream> {
    const upstream = new FaultyUpstream();
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the request of this id has come. Ask before it is sent. */
  arrival(id: string): Promise<void> {
    return new Promise((resolve) => this.#awaited.set(id, resolve));
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
