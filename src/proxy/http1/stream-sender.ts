import type { Socket } from 'node:net';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { StreamedBody, UpstreamRequest } from '../../contracts/upstream-request.js';
import type { RequestSender, RequestSenderOwner } from './request-sender.js';
import { requestTrailers } from './request-trailers.js';

/** Sends a body as the client sends it, at the pace the upstream reads it. */
export class StreamSender implements RequestSender {
  blocked = false;
  #sent = 0;
  #over = false;
  /** Closes the chunk before; written with what follows it, so that a chunk costs one system call. */
  #chunkEnd = '';

  constructor(
    private readonly socket: Socket,
    private readonly body: StreamedBody,
    private readonly owner: RequestSenderOwner,
    private readonly request: UpstreamRequest,
  ) {}

  start(head: string): void {
    const { stream } = this.body;
    // The head waits for the end of this turn, so that a body which came with the client's head leaves with ours.
    this.socket.cork();
    this.socket.write(head, 'latin1');
    stream.on('error', this.#failed);
    stream.on('close', this.#closed);
    if (stream.readableEnded) this.#ended();
    else if (stream.destroyed) this.#closed();
    else {
      stream.on('end', this.#ended);
      stream.on('data', this.#chunk);
      // Another listener may have paused it before; a stream that was told to pause does not flow by itself.
      stream.resume();
    }
    process.nextTick(uncork, this.socket);
  }

  drained(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.owner.bodyMoved();
    this.body.stream.resume();
  }

  abandon(): void {
    if (this.#over) return;
    this.#finish();
    // The rest flows into nothing: an unread body would block the client's connection for the requests after it.
    if (!this.body.stream.destroyed) this.body.stream.resume();
  }

  #finish(): void {
    const { stream } = this.body;
    this.#over = true;
    stream.off('data', this.#chunk);
    stream.off('end', this.#ended);
    stream.off('close', this.#closed);
    // The error listener stays: a client that breaks off later must not become an uncaught error.
  }

  readonly #chunk = (chunk: Buffer): void => {
    const { length, stream } = this.body;
    this.#sent += chunk.length;
    let flushed: boolean;
    if (length === undefined) {
      if (chunk.length === 0) return;
      this.socket.cork();
      this.socket.write(`${this.#chunkEnd}${chunk.length.toString(16)}\r\n`, 'latin1');
      flushed = this.socket.write(chunk);
      this.#chunkEnd = '\r\n';
      this.socket.uncork();
    } else {
      // Not one byte more than promised: it would be read as the next request.
      if (this.#sent > length) {
        this.#refuse('The client sent more than its Content-Length.');
        return;
      }
      flushed = this.socket.write(chunk);
    }
    if (!flushed) {
      this.blocked = true;
      stream.pause();
    }
    this.owner.bodyMoved();
  };

  readonly #ended = (): void => {
    const { length } = this.body;
    if (length !== undefined && this.#sent < length) {
      this.#refuse('The client sent less than its Content-Length.');
      return;
    }
    this.#finish();
    if (length === undefined) {
      this.socket.write(`${this.#chunkEnd}0\r\n${requestTrailers(this.request)}\r\n`, 'latin1');
    }
    this.owner.bodySent();
  };

  readonly #closed = (): void => {
    if (this.#over) return;
    this.#finish();
    this.owner.bodyFailed(new GatewayError('client-closed'));
  };

  readonly #failed = (error: Error): void => {
    if (this.#over) return;
    this.#finish();
    // A stream in front of the client may refuse by our own rules, such as the body limit.
    this.owner.bodyFailed(
      error instanceof GatewayError ? error : new GatewayError('client-closed', { cause: error }),
    );
  };

  #refuse(detail: string): void {
    this.abandon();
    this.owner.bodyFailed(new GatewayError('bad-request', { detail }));
  }
}

const uncork = (socket: Socket): void => socket.uncork();
