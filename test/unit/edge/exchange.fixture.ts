import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Exchange } from '../../../src/contracts/exchange.js';

/** An exchange of a request on a real socket. */
export function exchangeFor(req: IncomingMessage, res: ServerResponse): Exchange {
  return new Exchange(
    req,
    res,
    req.method as string,
    req.url as string,
    '',
    '127.0.0.1',
    'corr-1',
    0,
    undefined,
  );
}

/** A server on a free loopback port that hands every request to `take`. */
export class TestServer {
  private constructor(readonly server: Server) {}

  static async start(take: (req: IncomingMessage, res: ServerResponse) => void): Promise<TestServer> {
    const server = createServer(take);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Writes bytes on a connection of its own. */
  async send(text: string): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.write(text);
    return socket;
  }

  /** Writes a request that asks to close, and reads all that comes. */
  async ask(method = 'GET'): Promise<string> {
    const socket = await this.send(`${method} / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n`);
    return readAll(socket);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Everything a connection says until it closes, also when it is cut. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
