import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { acceptOf } from '../../src/proxy/upgrade/switch-answer.js';

/** An upstream that takes every handshake and hands its connection, and what came behind the handshake, to the test. */
export class FrameUpstream {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections as they came, beneath TLS where there is any. */
  readonly connections: Socket[] = [];
  /** Takes a tunnel by the path of its handshake. */
  onTunnel: (path: string, socket: Socket, early: Buffer) => void = () => {};

  private constructor(private readonly tls: TlsOptions | undefined) {
    const take = (socket: Socket): void => this.#take(socket);
    this.#server = tls === undefined ? createServer(take) : createTlsServer(tls, take);
    this.#server.on('connection', (socket) => this.connections.push(socket.on('error', () => {})));
  }

  /** @param tls with them it speaks TLS */
  static async start(tls?: TlsOptions): Promise<FrameUpstream> {
    const upstream = new FrameUpstream(tls);
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get url(): string {
    return `http${this.tls === undefined ? '' : 's'}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    let bytes = Buffer.alloc(0);
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    const head = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.removeListener('data', head);
      const text = bytes.toString('latin1', 0, end);
      const key = /\r\nSec-WebSocket-Key: (\S+)/i.exec(text)?.[1] ?? '';
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
      );
      this.onTunnel(text.split(' ')[1] as string, socket, bytes.subarray(end + 4));
    };
    socket.on('data', head);
  }
}
