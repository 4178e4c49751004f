import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** One request head that came in, with what is needed to answer it by hand. */
export interface ScriptedRequest {
  readonly head: string;
  readonly socket: Socket;
  /** Which connection it came on, and which request of that connection it is; both from 0. */
  readonly connection: number;
  readonly turn: number;
}

export type Script = (request: ScriptedRequest) => void;

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}';

/** An upstream that answers with bytes of the test's choosing, well-formed or not, on real sockets. */
export class ScriptedUpstream {
  readonly requests: ScriptedRequest[] = [];
  /** May be changed at any time. */
  script: Script = ({ socket }) => socket.write(ANSWER);
  /** Runs for each connection as it comes, before any request. */
  onConnection: (socket: Socket) => void = () => {};
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#take(socket));
  }

  static async start(): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    const connection = this.connections++;
    let turn = 0;
    let text = '';
    this.#sockets.add(socket);
    this.onConnection(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = { head: text.slice(0, end + 4), socket, connection, turn: turn++ };
        text = text.slice(end + 4);
        this.requests.push(request);
        this.script(request);
      }
    });
  }
}

/** A loopback port on which nothing listens. */
export async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
