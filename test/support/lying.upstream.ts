import type { Socket } from 'node:net';
import { type ScriptedRequest, ScriptedUpstream } from './scripted.upstream.js';

/** What an upstream does in place of a proper answer. */
export type Lie = (request: ScriptedRequest) => void;

/** The lie that consists of these bytes, after which the connection stays open. */
export const says =
  (bytes: string): Lie =>
  ({ socket }) =>
    void socket.write(bytes, 'latin1');

/** These bytes, then a clean end. */
export const saysAndEnds =
  (bytes: string): Lie =>
  ({ socket }) =>
    void socket.end(bytes, 'latin1');

/** These bytes, then a reset. */
export const saysAndResets =
  (bytes: string): Lie =>
  ({ socket }) =>
    void socket.write(bytes, 'latin1', () => socket.resetAndDestroy());

/** These bytes in turn, each after the one before had time to be read alone. */
export const saysInTurn =
  (...parts: readonly string[]): Lie =>
  ({ socket }) => {
    const [first = '', ...rest] = parts;
    socket.write(first, 'latin1');
    const timer = setInterval(() => {
      const next = rest.shift();
      if (next === undefined || socket.destroyed) clearInterval(timer);
      else socket.write(next, 'latin1');
    }, 15);
  };

/** These bytes over and over, as long as somebody takes them. */
export const saysForever =
  (start: string, more: string): Lie =>
  ({ socket }) => {
    const block = Buffer.from(more.repeat(Math.ceil(16_384 / more.length)), 'latin1');
    const pump = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', pump);
    socket.write(start, 'latin1');
    pump();
  };

/**
 * An upstream that answers the truth, which names the path that was asked for, to everyone but requests whose last
 * segment is `lie`.
 */
export class LyingUpstream {
  lie: Lie = says('');
  /** The requests that were lied to. */
  readonly lied: ScriptedRequest[] = [];
  readonly #open = new Set<Socket>();

  private constructor(readonly upstream: ScriptedUpstream) {
    upstream.script = (request) => {
      const path = request.head.split(' ', 2)[1] as string;
      if (!path.endsWith('/lie')) {
        request.socket.write(truthOf(path));
        return;
      }
      this.lied.push(request);
      this.#open.add(request.socket);
      request.socket.once('close', () => this.#open.delete(request.socket));
      this.lie(request);
    };
  }

  static async start(): Promise<LyingUpstream> {
    return new LyingUpstream(await ScriptedUpstream.start());
  }

  get url(): string {
    return this.upstream.url;
  }

  /** The connection a path was last asked for on. */
  connectionOf(path: string): number | undefined {
    return this.upstream.requests.findLast(({ head }) => head.includes(` ${path} `))?.connection;
  }

  forget(): void {
    this.lied.length = 0;
    this.upstream.requests.length = 0;
  }

  /** Resolves when every connection that carried a lie is closed. */
  async abandoned(): Promise<void> {
    await Promise.all(
      [...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
  }

  close(): Promise<void> {
    return this.upstream.close();
  }
}

const truthOf = (path: string): string => {
  const body = `the truth about ${path}`;
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};
