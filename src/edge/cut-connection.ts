import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { DownstreamLine } from '../contracts/downstream.js';

/**
 * Closes a connection whose client does not take what was sent. After a reset the kernel drops the bytes too, which it
 * would otherwise hold for minutes.
 */
export function cutConnection(socket: DownstreamLine): void {
  // A reset below TLS, or of something that only looks like a socket, is not to be had.
  if (socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  else socket.destroy();
}
