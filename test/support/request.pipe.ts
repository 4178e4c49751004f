import { connect, type Socket } from 'node:net';

const STATUS_LINE = /HTTP\/1\.1 (\d{3}) /g;

/** One connection on which many requests are under way at once, answered without bodies that look like status lines. */
export class RequestPipe {
  readonly #socket: Socket;
  #text = '';
  readonly #statuses = new Map<string, number>();
  #answered = 0;
  #wake: (() => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    this.#socket.on('error', (error) => this.#fail?.(error));
    this.#socket.on('close', () => this.#fail?.(new Error('The connection was closed.')));
  }

  /** How many answers of each status there were. */
  get statuses(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statuses);
  }

  /** Sends requests together and waits for all their answers. */
  async send(requests: readonly string[]): Promise<void> {
    const wanted = this.#answered + requests.length;
    this.#socket.write(requests.join(''));
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#wake = () => {
        if (this.#answered >= wanted) resolve();
      };
    });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    let end = 0;
    for (const match of this.#text.matchAll(STATUS_LINE)) {
      const status = match[1] as string;
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
      this.#answered += 1;
      end = match.index + match[0].length;
    }
    // A status line may be cut in two.
    this.#text = this.#text.slice(Math.max(end, this.#text.length - 12));
    this.#wake?.();
  }
}
