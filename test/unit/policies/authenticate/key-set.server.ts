import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An issuer that publishes whatever a test says, and counts how often it is asked. */
export class KeySetServer {
  readonly asked: string[] = [];
  answer: RequestListener = (_req, res) => void res.writeHead(404).end();
  readonly #server = createServer((req, res) => {
    this.asked.push(req.url ?? '');
    this.answer(req, res);
  });

  static async start(): Promise<KeySetServer> {
    const server = new KeySetServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  publish(keys: readonly object[], headers: Readonly<Record<string, string>> = {}): void {
    this.answer = (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json', ...headers });
      res.end(JSON.stringify({ keys }));
    };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
