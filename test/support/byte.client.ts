import { connect, type Socket } from 'node:net';

/** A client that keeps every byte it is sent, interim answers and trailers included, and knows how its connection ended. */
export class ByteClient {
  text = '';
  ended: 'no' | 'cleanly' | 'by a reset' = 'no';
  readonly socket: Socket;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.#wake();
    });
    this.socket.on('end', () => this.#end('cleanly'));
    this.socket.on('error', () => this.#end('by a reset'));
  }

  send(text: string | Buffer): this {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    return this;
  }

  /** Resolves with everything so far once `text` is part of it. @throws Error when the connection ends without it */
  async receives(text: string): Promise<string> {
    await this.#until(() => this.text.includes(text) || this.ended !== 'no');
    if (!this.text.includes(text)) throw new Error(`The connection ended ${this.ended}: ${this.text}`);
    return this.text;
  }

  /** Resolves with everything once the other side has closed its half, or cut the connection. */
  async end(): Promise<string> {
    await this.#until(() => this.ended !== 'no');
    return this.text;
  }

  close(): void {
    this.socket.destroy();
  }

  #end(how: 'cleanly' | 'by a reset'): void {
    if (this.ended === 'no') this.ended = how;
    this.#wake();
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
