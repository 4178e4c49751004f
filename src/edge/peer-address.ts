import type { DownstreamLine } from '../contracts/downstream.js';
import type { ForwardedOrigin } from '../contracts/forwarded-origin.js';

const PEER = Symbol('portcullis.peer');

interface WithPeer {
  [PEER]?: Peer;
  /** On a TLS socket, the one it was wrapped around. */
  readonly _parent?: WithPeer | null;
}

/** Who is at the other end of a client connection, kept on its socket. */
export class Peer {
  /** Whether this connection's forwarding headers are believed; `undefined` until somebody asked. */
  trusted: boolean | undefined;

  constructor(
    readonly address: string,
    /** What a PROXY header said the client reached; `undefined` without one. */
    readonly reached: ForwardedOrigin | undefined = undefined,
  ) {}
}

/** The peer of a connection: the one a PROXY header announced, else the one at the other end of the socket. */
export function peerOf(socket: DownstreamLine): Peer {
  const holder = socket as WithPeer;
  let peer = holder[PEER];
  if (peer === undefined) {
    // A PROXY header stands in front of the TLS handshake, so it was read from the socket below.
    peer = holder._parent?.[PEER] ?? new Peer(plainAddress(socket.remoteAddress));
    holder[PEER] = peer;
  }
  return peer;
}

/** The peer's address: what limits per address count, and where the walk to the client's address starts. */
export function peerAddress(socket: DownstreamLine): string {
  return peerOf(socket).address;
}

/** Puts what a PROXY header announced in the place of the socket's own peer. */
export function announcePeer(socket: DownstreamLine, peer: Peer): void {
  (socket as WithPeer)[PEER] = peer;
}

/**
 * Writes an IPv4 address that came through a dual-stack socket as IPv4 (RFC 4291, section 2.5.5.2), and leaves out the
 * zone of a link-local one, which means something on this machine only (RFC 4007, section 11.2).
 */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
