import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { acceptOf } from '../../src/proxy/upgrade/switch-answer.js';
import { handshake } from './websocket.client.js';

/** Handshakes under way at one time. */
const AT_ONCE = 200;

/** How many tunnels one process of this machine can hold: two connections each, and some to spare. */
export function tunnelsPossible(wanted: number): number {
  const limit = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return limit === undefined ? wanted : Math.min(wanted, Math.floor((Number(limit) - 300) / 2));
}

/** An upstream that agrees to every handshake and then says nothing, and answers everything else with `ok`. */
export class SilentUpstream {
  readonly tunnels = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => {
      let text = '';
      socket.on('error', () => {}).on('close', () => this.tunnels.delete(socket));
      socket.on('data', (chunk: Buffer) => {
        if (this.tunnels.has(socket)) return;
        text += chunk.toString('latin1');
        for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
          const key = /\r\nSec-WebSocket-Key: (\S+)/i.exec(text.slice(0, end))?.[1];
          text = text.slice(end + 4);
          if (key === undefined) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
          else {
            this.tunnels.add(socket);
            const accept = `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n`;
            socket.write(
              `HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}\r\n`,
            );
          }
        }
      });
    });
  }

  static async start(): Promise<SilentUpstream> {
    const upstream = new SilentUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', 4_096, resolve));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.tunnels) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Opens tunnels and leaves them idle. */
export async function openIdle(port: number, path: string, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) sockets.push(await openOne(port, path));
    }),
  );
  return sockets;
}

function openOne(port: number, path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(handshake(path)));
    socket.on('error', reject);
    socket.once('data', (chunk: Buffer) => {
      if (chunk.toString('latin1').startsWith('HTTP/1.1 101 ')) resolve(socket);
      else reject(new Error(chunk.toString('latin1')));
    });
  });
}
