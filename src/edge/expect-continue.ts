import { IncomingMessage, type ServerResponse } from 'node:http';
import type { DownstreamRequest } from '../contracts/downstream.js';

const WAITS = Symbol('portcullis.waits-for-continue');

type Expecting = IncomingMessage & { [WAITS]?: boolean };

/**
 * Answers `Expect: 100-continue` when somebody begins to read the body, whoever that is: the forwarder, a policy, a
 * handler, a body parser of Express (RFC 9110, section 10.1.1). A request that is refused before that never hears a 100.
 *
 * node:http asks `_read` for the first bytes on behalf of every kind of reader, so that nothing has to listen.
 */
export function continueOnRead(req: IncomingMessage, res: ServerResponse): void {
  (req as Expecting)[WAITS] = true;
  req._read = function read(this: Expecting, size: number): void {
    // Bytes that came unasked make the stream look for more, also while nobody reads it.
    if (this.readableFlowing === true || this.listenerCount('readable') > 0) {
      req._read = IncomingMessage.prototype._read;
      if (!res.headersSent && !res.destroyed) {
        this[WAITS] = false;
        res.writeContinue();
      }
    }
    IncomingMessage.prototype._read.call(this, size);
  };
}

/** Whether a client still holds its body back: it was promised an answer first and nobody has asked for the body. */
export function holdsBodyBack(req: DownstreamRequest): boolean {
  return (req as { [WAITS]?: boolean })[WAITS] === true && !req.complete;
}
