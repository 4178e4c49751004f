import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One request as the upstream received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export type Respond = (req: ReceivedRequest, res: ServerResponse) => void;

/** A real HTTP upstream that remembers what reached it and answers as told. */
export class RecordingUpstream {
  readonly received: ReceivedRequest[] = [];
  /** May be changed at any time. */
  respond: Respond = (_req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end('{"ok":true}');
  };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((req, res) => void this.#take(req, res));
    this.#server.keepAliveTimeout = 75_000;
  }

  /** On a free loopback port, or where it is told. */
  static async start(port = 0, host = '127.0.0.1'): Promise<RecordingUpstream> {
    const upstream = new RecordingUpstream();
    await new Promise<void>((resolve, reject) => {
      upstream.#server.once('error', reject).listen(port, host, resolve);
    });
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The last request; the test fails when there is none. */
  get last(): ReceivedRequest {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error('The upstream received no request.');
    return last;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req).catch(() => undefined);
    if (body === undefined) return;
    const { method = '', url = '', rawHeaders, headers } = req;
    const received: ReceivedRequest = { method, url, rawHeaders, headers, body };
    this.received.push(received);
    this.respond(received, res);
  }
}
