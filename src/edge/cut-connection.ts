import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { DownstreamLine } from '../contracts/downstream.js';

/** The socket that TLS was wrapped around; not public in Node. */
interface Wrapped {
  readonly _parent?: unknown;
}

/**
 * Closes a connection whose client does not take what was sent. After a reset the kernel drops the bytes too, which it
 * would otherwise hold for minutes.
 */
export function cutConnection(socket: DownstreamLine): void {
  // TLS cannot be reset; the connection below it can, and takes what is above along.
  const lowest: unknown = socket instanceof TLSSocket ? (socket as Wrapped)._parent : socket;
  if (lowest instanceof Socket) lowest.resetAndDestroy();
  else socket.destroy();
}
