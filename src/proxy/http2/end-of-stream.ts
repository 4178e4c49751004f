import type { ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

/**
 * Tells when the peer ended a stream with END_STREAM (RFC 9113, section 8.1).
 *
 * node:http2 ends the readable side the same way when a stream was reset or its connection is gone, so `end` alone would
 * make a body that was cut look whole. What differs is the order: a stream that was cut is closed before its end is
 * pushed, one that the peer ended is not.
 */
export function onEndOfStream(stream: ClientHttp2Stream, ended: () => void): void {
  const push = stream.push as Duplex['push'];
  stream.push = function pushed(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null && !stream.closed && !stream.destroyed) ended();
    return push.call(stream, chunk, encoding);
  };
}
