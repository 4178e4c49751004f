import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { DownstreamRequest } from '../../contracts/downstream.js';

const CLIENT_END = Symbol('portcullis.client-end');

type Upgrading = IncomingMessage & { [CLIENT_END]?: ClientEnd };
type Kept = Socket & { [CLIENT_END]?: ClientEnd | undefined };

/** How much a client may send ahead of the answer to its handshake; the rest waits in its own buffers. */
const MAX_EARLY_BYTES = 65_536;

/**
 * A client's connection whose last request asks for a WebSocket: node:http has let go of it.
 *
 * It is read from the start, so that a client that leaves while its handshake is answered is noticed. What it sends
 * early is kept in order for the tunnel, and thrown away when there will be none.
 */
export class ClientEnd {
  #early: Buffer[] = [];
  #earlyBytes = 0;

  constructor(
    req: IncomingMessage,
    readonly socket: Socket,
    head: Buffer,
  ) {
    (req as Upgrading)[CLIENT_END] = this;
    (socket as Kept)[CLIENT_END] = this;
    if (head.length > 0) this.#keep(Buffer.from(head));
    socket.on('data', keepEarly).on('end', leave);
  }

  /** The end that belongs to a request; `undefined` unless it asks for a WebSocket. */
  static of(req: DownstreamRequest): ClientEnd | undefined {
    return (req as { [CLIENT_END]?: ClientEnd })[CLIENT_END];
  }

  /** Hands everything over to another listener, what came early first. */
  read(take: (this: Socket, chunk: Buffer) => void): void {
    const { socket } = this;
    const early = this.#early;
    this.#early = [];
    (socket as Kept)[CLIENT_END] = undefined;
    socket.removeListener('data', keepEarly);
    socket.removeListener('end', leave);
    for (const chunk of early) take.call(socket, chunk);
    socket.on('data', take);
    socket.resume();
  }

  keep(chunk: Buffer): void {
    this.#keep(chunk);
    if (this.#earlyBytes >= MAX_EARLY_BYTES) this.socket.pause();
  }

  #keep(chunk: Buffer): void {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
  }
}

function keepEarly(this: Socket, chunk: Buffer): void {
  (this as Kept)[CLIENT_END]?.keep(chunk);
}

/** Whoever closes its half before the handshake is answered waits for no tunnel. */
function leave(this: Socket): void {
  this.destroy();
}
