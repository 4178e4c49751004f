import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Target } from '../../../../src/contracts/forwarder.js';

/** One connection as the scripted upstream holds it. */
export class UpstreamSide {
  /** Everything received so far, as latin1. */
  received = '';
  closed = false;
  #waiters: { readonly met: () => boolean; readonly resolve: () => void }[] = [];

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#check();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#check();
    });
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Resolves once `count` header sections have come. */
  requests(count = 1): Promise<void> {
    return this.#until(() => this.received.split('\r\n\r\n').length > count);
  }

  receives(text: string): Promise<void> {
    return this.#until(() => this.received.includes(text));
  }

  isClosed(): Promise<void> {
    return this.#until(() => this.closed);
  }

  #until(met: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ met, resolve });
      this.#check();
    });
  }

  #check(): void {
    for (const waiter of this.#waiters) if (waiter.met()) waiter.resolve();
  }
}

/** A TCP server that says exactly what a test tells it to, byte by byte. */
export class ScriptedUpstream {
  readonly sides: UpstreamSide[] = [];
  #onSide: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    readonly target: Target,
  ) {}

  /** `answer` runs for each connection; without it the test speaks through {@link side}. */
  static async start(
    answer: (side: UpstreamSide, index: number) => void = () => {},
  ): Promise<ScriptedUpstream> {
    const server = createServer({ noDelay: true, allowHalfOpen: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = { id: `127.0.0.1:${port}`, host: '127.0.0.1', port, tls: false, weight: 1 };
    const upstream = new ScriptedUpstream(server, target);
    server.on('connection', (socket) => {
      const side = new UpstreamSide(socket);
      upstream.sides.push(side);
      answer(side, upstream.sides.length - 1);
      for (const tell of upstream.#onSide) tell();
    });
    return upstream;
  }

  /** The connection of that number, once it stands. */
  async side(index = 0): Promise<UpstreamSide> {
    for (;;) {
      const side = this.sides[index];
      if (side !== undefined) return side;
      await new Promise<void>((resolve) => this.#onSide.push(resolve));
    }
  }

  stop(): void {
    this.server.close();
    for (const side of this.sides) side.socket.destroy();
  }
}

/** Answers every request on a connection with the same text. */
export const answering =
  (text: string) =>
  (side: UpstreamSide): void => {
    let answered = 0;
    side.socket.on('data', () => {
      for (const seen = side.received.split('\r\n\r\n').length - 1; answered < seen; answered++)
        side.send(text);
    });
  };
