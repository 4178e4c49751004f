import { IncomingMessage } from 'node:http';
import type { Exchange } from '../contracts/exchange.js';

/**
 * Counts the body bytes of a request as they arrive, whoever reads them: a forwarder, a body parser, a handler.
 *
 * node:http hands each piece to `push`, so that nothing has to listen and nothing flows before somebody reads.
 */
export function countReceived(exchange: Exchange): void {
  exchange.req.push = function push(
    this: IncomingMessage,
    chunk: unknown,
    encoding?: BufferEncoding,
  ): boolean {
    if (chunk instanceof Uint8Array) exchange.bytesIn += chunk.byteLength;
    return IncomingMessage.prototype.push.call(this, chunk, encoding);
  };
}
