import type { Exchange } from '../../contracts/exchange.js';
import { ForwardCall } from '../../contracts/forward-call.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import type { RequestBody, StreamedBody } from '../../contracts/upstream-request.js';
import { sizeText } from './body-limit.options.js';
import { CountedBody } from './counted-body.js';

export const BODY_LIMIT = 'body-limit';

/** Makes the refusal of a body that is over the limit. */
export type TooLarge = (exchange: Exchange) => GatewayError;

/**
 * Refuses a body that is over the limit: at once where its length is known, else as soon as one byte too many comes.
 * Only a body of unknown length is touched at all. With a limit of 0 every body is over it.
 */
export function bodyLimitStage(limitBytes: number, tooLarge: TooLarge = refusalBeyond(limitBytes)): Stage {
  return (exchange) => {
    const { body } = exchange;
    if (body === undefined) return;
    const { length } = body;
    if (length !== undefined) {
      if (length > limitBytes) throw tooLarge(exchange);
      return;
    }
    const { stream } = body as StreamedBody;
    replaceBody(exchange, { stream: new CountedBody(stream, limitBytes, () => tooLarge(exchange)), length });
  };
}

/** Refuses a body that does not say its length before it comes. */
export function requireBodyLength({ body }: Exchange): void {
  if (body === undefined || body.length !== undefined) return;
  throw new GatewayError('length-required', { policy: BODY_LIMIT, detail: 'Send a Content-Length.' });
}

function refusalBeyond(limitBytes: number): TooLarge {
  const detail = `At most ${sizeText(limitBytes)} are allowed.`;
  return () => new GatewayError('body-too-large', { policy: BODY_LIMIT, detail });
}

/** The call holds the client's body too, unless somebody gave it another. */
function replaceBody(exchange: Exchange, body: RequestBody): void {
  const { call } = exchange;
  if (call !== undefined && call.body === exchange.body) {
    const { method, path, query, headerEdits, clientHeaders } = call;
    exchange.call = new ForwardCall(exchange, method, path, query, body, headerEdits, clientHeaders);
  }
  exchange.body = body;
}
