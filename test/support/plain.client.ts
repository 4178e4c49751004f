import { connect, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type PlainResponse, plainResponse } from './plain-response.js';

/** How long anything may take before that is a failure. */
const PATIENCE_MS = 3_000;

/** A client that writes bytes as they are and reads answers by the plain reading. */
export class PlainClient {
  /** What came so far and is not read yet. */
  text = '';
  ended = false;
  readonly socket: Socket;
  /** Resolves when bytes leave as soon as they are sent, or when they never will. */
  readonly connected: Promise<void>;
  readonly #changed = new Set<() => void>();

  /** @param to a port of loopback, or a connection */
  constructor(to: number | Socket) {
    this.socket =
      typeof to === 'number'
        ? connect({ port: to, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
        : to;
    this.connected = new Promise((resolve) => {
      this.socket.once('connect', resolve).once('close', resolve);
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.#tell();
    });
    const ended = (): void => {
      this.ended = true;
      this.#tell();
    };
    // A reset is an end too.
    this.socket.on('end', ended).on('close', ended).on('error', ended);
  }

  send(bytes: string): this {
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /** Says that nothing more will come, and still listens. */
  finish(): this {
    this.socket.end();
    return this;
  }

  /** The next final answer. @throws Error when the bytes are none, or when it does not come */
  async answer(method = 'GET'): Promise<PlainResponse> {
    const read = () => plainResponse(this.text, { answersHead: method === 'HEAD', ended: this.ended });
    let reading = read();
    await this.until(
      () => {
        reading = read();
        return reading.kind !== 'incomplete' || this.ended;
      },
      PATIENCE_MS,
      'no answer',
    );
    if (reading.kind !== 'response')
      throw new Error(`${JSON.stringify(reading)}: ${JSON.stringify(this.text)}`);
    this.text = this.text.slice(reading.bytes);
    return reading.response;
  }

  /** Resolves when the other side closed. @throws Error when it does not */
  closed(): Promise<void> {
    return this.until(() => this.ended, PATIENCE_MS, 'not closed');
  }

  /** Leaves without a trace in the kernel's tables. */
  close(): void {
    if (this.socket.connecting || this.socket instanceof TLSSocket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  #tell(): void {
    for (const change of this.#changed) change();
  }

  /** Resolves when something is so. @throws Error when it does not become so in time */
  async until(done: () => boolean, withinMs = PATIENCE_MS, otherwise = 'nothing came'): Promise<void> {
    if (done()) return;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const check = (): void => {
          if (done()) resolve();
        };
        this.#changed.add(check);
        timer = setTimeout(
          () => reject(new Error(`${otherwise} within ${withinMs} ms: ${JSON.stringify(this.text)}`)),
          withinMs,
        );
      });
    } finally {
      clearTimeout(timer);
      this.#changed.clear();
    }
  }
}
