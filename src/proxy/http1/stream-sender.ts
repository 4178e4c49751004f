import type { Socket } from 'node:net';
import type { StreamedBody, UpstreamRequest } from '../../contracts/upstream-request.js';
import { ClientUpload } from '../request/client-upload.js';
import type { UploadOwner } from '../request/upload.js';
import type { RequestSender } from './request-sender.js';
import { requestTrailers } from './request-trailers.js';

/** Sends a client's body on a connection, in chunks where its length is not known. */
export class StreamSender extends ClientUpload implements RequestSender {
  /** Closes the chunk before; written with what follows it, so that a chunk costs one system call. */
  #chunkEnd = '';

  constructor(
    private readonly socket: Socket,
    body: StreamedBody,
    owner: UploadOwner,
    private readonly request: UpstreamRequest,
  ) {
    super(body, owner);
  }

  start(head: string): void {
    // The head waits for the end of this turn, so that a body which came with the client's head leaves with ours.
    this.socket.cork();
    this.socket.write(head, 'latin1');
    this.listen();
    process.nextTick(uncork, this.socket);
  }

  protected write(chunk: Buffer): boolean {
    if (this.body.length !== undefined) return this.socket.write(chunk);
    this.socket.cork();
    this.socket.write(`${this.#chunkEnd}${chunk.length.toString(16)}\r\n`, 'latin1');
    const flushed = this.socket.write(chunk);
    this.#chunkEnd = '\r\n';
    this.socket.uncork();
    return flushed;
  }

  protected end(): void {
    if (this.body.length !== undefined) return;
    this.socket.write(`${this.#chunkEnd}0\r\n${requestTrailers(this.request)}\r\n`, 'latin1');
  }
}

const uncork = (socket: Socket): void => socket.uncork();
