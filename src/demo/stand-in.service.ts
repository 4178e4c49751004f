import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a stand-in answers: a status and a JSON value. */
export interface StandInAnswer {
  readonly status: number;
  readonly value: unknown;
}

export type StandInBehaviour = (method: string, url: URL, body: string) => StandInAnswer;

/** How a stand-in misbehaves: set by `POST /demo?fail=PERCENT&slow=MS`, cleared by `POST /demo`. */
interface Trouble {
  failPercent: number;
  slowMs: number;
}

/** A small upstream inside the demo's process, on a free loopback port, that can be told to be slow or to fail. */
export class StandInService {
  readonly #server: Server;
  readonly #trouble: Trouble = { failPercent: 0, slowMs: 0 };
  #answered = 0;

  constructor(
    readonly name: string,
    private readonly behave: StandInBehaviour,
    /** Takes WebSockets, where the service has any. */
    feed?: (req: IncomingMessage, socket: Duplex) => void,
  ) {
    this.#server = createServer((req, res) => void this.#take(req, res));
    if (feed !== undefined) this.#server.on('upgrade', feed);
    // Above the gateway's own idle time, so that no pooled connection dies under a request.
    this.#server.keepAliveTimeout = 75_000;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      // The process ends with its gateway, not with its stand-ins.
      this.#server.listen(0, '127.0.0.1', () => resolve()).unref();
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://stand-in');
    const body = (await buffer(req).catch(() => Buffer.alloc(0))).toString();
    if (url.pathname === '/demo' && req.method === 'POST') {
      this.#trouble.failPercent = Number(url.searchParams.get('fail') ?? 0);
      this.#trouble.slowMs = Number(url.searchParams.get('slow') ?? 0);
      return send(res, { status: 200, value: { service: this.name, ...this.#trouble } });
    }
    if (this.#trouble.slowMs > 0) await sleep(this.#trouble.slowMs);
    // Evenly spread rather than random, so that a demonstration goes the same way every time.
    const turn = (this.#answered++ * 61) % 100;
    if (turn < this.#trouble.failPercent) return send(res, { status: 503, value: { error: 'told to fail' } });
    send(res, this.behave(req.method ?? 'GET', url, body));
  }
}

function send(res: ServerResponse, { status, value }: StandInAnswer): void {
  const body = Buffer.from(JSON.stringify(value));
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  res.end(body);
}
