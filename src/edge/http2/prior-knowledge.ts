import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { DownstreamConnection } from '../downstream-connection.js';
import { announcePeer, peerOf } from '../peer-address.js';

/** What a client that knows HTTP/2 sends first (RFC 9113, section 3.4). No HTTP/1.1 request begins so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** How node:http's parser reports that it has read one. */
const REPORTED = 'HPE_PAUSED_H2_UPGRADE';

/** What node:http's `clientError` tells of the bytes it stopped at. */
export interface ParserError extends NodeJS.ErrnoException {
  readonly bytesParsed?: number;
  readonly rawPacket?: Buffer;
}

/** What node:http keeps on a connection it reads. Not public in Node, so all of it is looked for before it is used. */
interface ParsedSocket {
  _handle?: unknown;
  readonly parser?: { unconsume?(): void; remove?(): void } | null;
}

/**
 * Takes a connection away from the HTTP/1.1 parser that has just read the preface of HTTP/2 on it.
 *
 * The parser knows the preface and stops behind it, so connections that speak HTTP/1.1 pay nothing for this. The handle
 * goes to a socket of its own, with the preface back in front; the old socket ends with it, and tells whoever counted it.
 *
 * @returns `undefined` when the error is another one, when the connection has spoken HTTP/1.1 before or agreed on it in
 * a TLS handshake, or when Node is not as it is expected to be: the request is then as malformed as the parser says
 */
export function takePrefaced(error: ParserError, socket: Socket): Socket | undefined {
  const parsed = socket as ParsedSocket;
  const { _handle: handle, parser } = parsed;
  const { bytesParsed, rawPacket } = error;
  if (error.code !== REPORTED || bytesParsed === undefined || rawPacket === undefined) return undefined;
  if (handle === undefined || handle === null || DownstreamConnection.isKnown(socket)) return undefined;
  if (socket instanceof TLSSocket) return undefined;
  if (typeof parser?.unconsume !== 'function' || typeof parser.remove !== 'function') return undefined;
  // Asked while the old socket still knows its handle.
  const peer = peerOf(socket);
  parser.unconsume();
  parser.remove();
  parsed._handle = null;
  const taken = new Socket({ handle } as object);
  taken.pause();
  taken.unshift(Buffer.concat([PREFACE, rawPacket.subarray(bytesParsed)]));
  announcePeer(taken, peer);
  taken.on('error', ignore);
  taken.on('close', () => socket.destroy());
  return taken;
}

const ignore = (): void => {};
