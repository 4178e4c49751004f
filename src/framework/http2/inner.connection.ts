import type { OnReadOpts, Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import type { Http2Connection } from '../../edge/http2/http2.connection.js';
import { announcePeer } from '../../edge/peer-address.js';
import type { Connect } from '../../proxy/http1/connect.js';

/**
 * Opens connections inside the process: one end is a client's, as our HTTP/1.1 client dials it, and the other is handed
 * to the HTTP/1.1 server, which sees the peer, the port and the TLS of the HTTP/2 connection it stands for.
 */
export function connectInside(outer: Http2Connection, serve: (connection: Duplex) => void): Connect {
  return (_target, reads, ready) => {
    const [ours, theirs] = duplexPair();
    const { socket, peer } = outer;
    copyWrites(theirs);
    // A pair passes ends on, and no destruction: a client that left must be seen to have left.
    ours.on('close', () => theirs.destroy());
    theirs.on('close', () => ours.destroy());
    announcePeer(theirs as Socket, peer);
    Object.defineProperties(theirs, {
      remoteAddress: { value: socket.remoteAddress },
      remotePort: { value: socket.remotePort },
      localAddress: { value: socket.localAddress },
      localPort: { value: socket.localPort },
      spoken: { value: '2.0' },
      encrypted: { value: (socket as { encrypted?: boolean }).encrypted === true },
    });
    ours.on('data', (chunk: Buffer) => hand(chunk, reads));
    process.nextTick(() => {
      serve(theirs);
      ready();
    });
    return Object.assign(ours, { ref: () => ours, unref: () => ours }) as unknown as Socket;
  };
}

/** A socket has taken the bytes when it says so; a pair hands on the very buffer, and its owner reads into it again. */
function copyWrites(side: Duplex): void {
  const write = side._write.bind(side);
  side._write = (chunk: Buffer, encoding, done) => write(Buffer.from(chunk), encoding, done);
}

/** Fills the reader's own memory, as a socket does. */
function hand(chunk: Buffer, { buffer, callback }: OnReadOpts): void {
  for (let at = 0; at < chunk.length; ) {
    const memory = (typeof buffer === 'function' ? buffer() : buffer) as Buffer;
    const length = chunk.copy(memory, 0, at);
    at += length;
    callback(length, memory);
  }
}
