import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What is wrong with it. */
export const REDIS_FAULTS = ['loading', 'read-only', 'full', 'silent', 'cut', 'nonsense'] as const;
export type RedisFault = (typeof REDIS_FAULTS)[number];

const INFO = 'redis_version:7.4.0\r\nloading:0\r\n';
const ERRORS: Partial<Record<RedisFault, string>> = {
  'read-only': "READONLY You can't write against a read only replica.",
  full: "OOM command not allowed when used memory > 'maxmemory'.",
};

/** A Redis that can be reached, and still cannot count. */
export class BrokenRedis {
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly fault: RedisFault,
    private readonly server: Server,
  ) {
    server.on('connection', (socket) => this.#take(socket));
  }

  static async start(fault: RedisFault): Promise<BrokenRedis> {
    const server = createServer();
    const redis = new BrokenRedis(fault, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #take(socket: Socket): void {
    let text = '';
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let command = commandIn(text); command !== undefined; command = commandIn(text)) {
        text = text.slice(command.length);
        this.#answer(socket, command.name);
      }
    });
  }

  #answer(socket: Socket, name: string): void {
    switch (this.fault) {
      case 'silent':
        return;
      case 'cut':
        socket.destroy();
        return;
      case 'nonsense':
        socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        return;
      case 'loading':
        socket.write('-LOADING Redis is loading the dataset in memory\r\n');
        return;
      case 'read-only':
      case 'full':
        if (name === 'INFO') socket.write(`$${INFO.length}\r\n${INFO}\r\n`);
        else if (name.startsWith('EVAL')) socket.write(`-${ERRORS[this.fault]}\r\n`);
        else socket.write('+OK\r\n');
    }
  }
}

/** The first whole command of what came: `*2\r\n$4\r\nINFO\r\n…`. */
function commandIn(text: string): { readonly name: string; readonly length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  let at = head[0].length;
  let name = '';
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (size === null) return undefined;
    const from = at + size[0].length;
    at = from + Number(size[1]) + 2;
    if (at > text.length) return undefined;
    if (i === 0) name = text.slice(from, at - 2).toUpperCase();
  }
  return { name, length: at };
}
