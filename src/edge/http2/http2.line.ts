import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { DownstreamLine } from '../../contracts/downstream.js';

/** One stream as the line of its request: it ends alone, and what it waits for is its own window. */
export class Http2Line implements DownstreamLine {
  /** Body bytes handed to the stream. */
  bytesWritten = 0;

  constructor(
    readonly stream: ServerHttp2Stream,
    private readonly connection: Socket,
  ) {}

  get remoteAddress(): string | undefined {
    return this.connection.remoteAddress;
  }

  get localPort(): number | undefined {
    return this.connection.localPort;
  }

  get encrypted(): boolean {
    return (this.connection as { encrypted?: boolean }).encrypted === true;
  }

  get destroyed(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  get writableLength(): number {
    return this.stream.writableLength;
  }

  isPaused(): boolean {
    return this.stream.isPaused();
  }

  once(event: 'close', listener: () => void): void {
    this.stream.once(event, listener);
  }

  destroy(): void {
    this.stream.destroy();
  }
}
