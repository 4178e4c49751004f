import type { Socket } from 'node:net';
import { Peer } from './peer-address.js';
import { type ProxyHeader, readProxyHeader } from './proxy-protocol.js';

/** Why a connection was closed that had to begin with a PROXY header. */
export type ProxyRefusal = 'malformed' | 'timeout';

export interface ProxiedSocketOwner {
  /** The header is read and the rest is back in the socket, which is paused. */
  read(pending: ProxiedSocket, header: ProxyHeader): void;
  /** The socket is destroyed, or about to be; `reason` is `undefined` when the other side left on its own. */
  gone(pending: ProxiedSocket, reason: ProxyRefusal | undefined): void;
}

/** A connection whose PROXY header is still being read. Nobody else has touched the socket yet. */
export class ProxiedSocket {
  #bytes: Buffer | undefined;

  constructor(
    readonly socket: Socket,
    readonly startedAtMs: number,
    private readonly owner: ProxiedSocketOwner,
  ) {
    socket.on('data', this.#take);
    socket.on('end', this.#ended);
    socket.on('error', ignore);
    socket.on('close', this.#ended);
  }

  /** Closes the connection without an answer: what is there speaks another protocol, or nothing. */
  refuse(reason: ProxyRefusal | undefined): void {
    this.#letGo();
    // It may still fail while it is being destroyed.
    this.socket.on('error', ignore);
    this.socket.destroy();
    this.owner.gone(this, reason);
  }

  readonly #take = (chunk: Buffer): void => {
    const bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header === 'incomplete') this.#bytes = bytes;
    else if (header === 'malformed') this.refuse('malformed');
    else {
      this.#letGo();
      this.socket.pause();
      if (bytes.length > header.length) this.socket.unshift(bytes.subarray(header.length));
      this.owner.read(this, header);
    }
  };

  /** Balancers look whether a port is open and leave without a word: only half a header is worth a word. */
  readonly #ended = (): void => this.refuse(this.#bytes === undefined ? undefined : 'malformed');

  #letGo(): void {
    const { socket } = this;
    socket.removeListener('data', this.#take);
    socket.removeListener('end', this.#ended);
    socket.removeListener('error', ignore);
    socket.removeListener('close', this.#ended);
  }
}

const ignore = (): void => {};

/** The peer a header announces in place of the one that sent it. */
export function announcedPeer(sender: string, header: ProxyHeader): Peer {
  if (header.speaker === 'client') {
    const port = header.reachedPort === 0 ? undefined : String(header.reachedPort);
    return new Peer(header.address, Object.freeze({ proto: undefined, host: undefined, port }));
  }
  const peer = new Peer(sender);
  // Whoever the proxy cannot name is not the proxy: what that one claims in headers is not the proxy's word.
  if (header.speaker === 'unknown') peer.trusted = false;
  return peer;
}
