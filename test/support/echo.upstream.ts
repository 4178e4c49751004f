import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** An upstream that says every message back, and answers ordinary requests with what it was asked. */
export class EchoUpstream {
  /** Handshakes and requests, in the order they came. */
  readonly requests: IncomingMessage[] = [];
  readonly sockets = new Set<WebSocket>();
  /** Codes of the Close frames it got. */
  readonly closes: number[] = [];
  onSocket: ((socket: WebSocket) => void) | undefined;
  readonly #http: Server;
  readonly #ws: WebSocketServer;

  private constructor() {
    this.#http = createServer((req, res) => {
      this.requests.push(req);
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ method: req.method, url: req.url }));
    });
    this.#ws = new WebSocketServer({
      server: this.#http,
      perMessageDeflate: { threshold: 0 },
      handleProtocols: (offered) => [...offered].at(-1) ?? false,
    });
    this.#ws.on('connection', (socket, req) => {
      this.requests.push(req);
      this.sockets.add(socket);
      socket.on('close', (code) => {
        this.closes.push(code);
        this.sockets.delete(socket);
      });
      socket.on('error', () => {});
      if (this.onSocket !== undefined) this.onSocket(socket);
      else socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
  }

  static async start(): Promise<EchoUpstream> {
    const upstream = new EchoUpstream();
    await new Promise<void>((resolve) => upstream.#http.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}
