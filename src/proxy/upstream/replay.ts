import type { ForwardCall } from '../../contracts/forward-call.js';
import type { AttemptTrace } from '../../contracts/forwarder.js';
import type { GatewayError } from '../../contracts/gateway-error.js';

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method);

/** Whether sending the call once more sends the same bytes and does no more than sending it once. */
export function canReplay(call: ForwardCall, trace: AttemptTrace): boolean {
  const { body } = call;
  // A small upload was gathered before it was sent: its bytes are still there.
  const replayable = body === undefined || Buffer.isBuffer(body) || body.whole !== undefined;
  return replayable && (!trace.sent || trace.unprocessed === true || isIdempotent(call.method));
}

/**
 * A connection that had served before and closed without a byte of an answer: the upstream let it go while it was
 * idle, just as we took it. That is no failure of the upstream's, and the likely fate of no other connection. Nor is it
 * one when an HTTP/2 upstream that goes away says that it left the request alone (RFC 9113, section 8.7).
 */
export const diedInPool = (error: GatewayError, trace: AttemptTrace): boolean =>
  error.code === 'upstream-reset' && !trace.answered && (trace.reused || trace.unprocessed === true);
