import { IncomingMessage } from 'node:http';
import type { Exchange } from '../contracts/exchange.js';

/**
 * Counts the body bytes of a request as they arrive, whoever reads them: a forwarder, a body parser, a handler.
 *
 * node:http hands each piece to `push`, so that nothing has to listen and nothing flows before somebody reads. A body
 * that came in frames counts itself.
 */
export function countReceived(exchange: Exchange): void {
  const { req } = exchange;
  if (!(req instanceof IncomingMessage)) {
    req.framed?.countBody((bytes) => {
      exchange.bytesIn += bytes;
    });
    return;
  }
  req.push = function push(this: IncomingMessage, chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk instanceof Uint8Array) exchange.bytesIn += chunk.byteLength;
    return IncomingMessage.prototype.push.call(this, chunk, encoding);
  };
}
