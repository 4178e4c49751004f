import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One request as the upstream received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came over the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Answers one request; its body has arrived. */
export type FakeAnswer = (request: ReceivedRequest, response: ServerResponse) => void;

/**
 * An upstream for tests: a real HTTP server on a free loopback port that remembers what reached it and answers as told.
 *
 * @example
 * ```ts
 * const users = await FakeUpstream.start();
 * users.answer(200, { id: '1', name: 'Ada' });
 * const gateway = await createTestGateway(AppModule, { environment: { USERS_URL: users.url } });
 * ```
 */
export class FakeUpstream {
  readonly received: ReceivedRequest[] = [];
  /** Answers each request whose body has arrived; may be replaced at any time. Default: 200 with an empty JSON object. */
  respond: FakeAnswer = jsonAnswer(200, {});
  readonly #server = createServer((req, res) => void this.#take(req, res));

  private constructor() {
    // Above the gateway's own idle time, so that no pooled connection dies under a request.
    this.#server.keepAliveTimeout = 75_000;
  }

  static async start(): Promise<FakeUpstream> {
    const upstream = new FakeUpstream();
    await new Promise<void>((resolve, reject) => {
      upstream.#server.once('error', reject);
      upstream.#server.listen(0, '127.0.0.1', resolve);
    });
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @throws Error when no request has arrived */
  get last(): ReceivedRequest {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error('The upstream has received no request.');
    return last;
  }

  /** From now on every request is answered with this status and JSON value. */
  answer(status: number, value: unknown): void {
    this.respond = jsonAnswer(status, value);
  }

  /** Cuts every connection and frees the port. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    // A client that leaves halfway sent no request worth remembering.
    const body = await buffer(req).catch(() => undefined);
    if (body === undefined) return;
    const { method = '', url = '', headers, rawHeaders } = req;
    const received: ReceivedRequest = { method, url, headers, rawHeaders, body };
    this.received.push(received);
    this.respond(received, res);
  }
}

function jsonAnswer(status: number, value: unknown): FakeAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return (_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  };
}
