import { Socket } from 'node:net';
import type { DownstreamLine } from '../contracts/downstream.js';

/** How much of an upload is read away behind its answer. */
const LINGER_BYTES = 1_048_576;
/** How long a client that goes on sending may take to notice. */
const LINGER_MS = 2_000;

/**
 * Lets a connection that closes behind its answer close in two steps (RFC 9112, section 9.6): first our half, and the
 * other when the client has closed its own. A connection closed at once under a client that still sends is reset, and
 * the reset can take the answer away before the client has read it.
 *
 * What still comes is read away and understood by nobody, up to a bound.
 */
export function lingerOnClose(socket: DownstreamLine): void {
  // A stream of HTTP/2 ends alone.
  if (!(socket instanceof Socket)) return;
  // What node:http calls when the last answer of a connection has been handed over.
  socket.destroySoon = () => linger(socket);
}

function linger(socket: Socket): void {
  if (socket.destroyed) return;
  // Not another byte may reach the parser: it could end the body and begin the next request.
  socket.removeAllListeners('data');
  let leftBytes = LINGER_BYTES;
  socket.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) socket.destroy();
  });
  socket.on('end', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.on('close', () => clearTimeout(timer));
  socket.end();
  socket.resume();
}
