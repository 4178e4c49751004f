import type { Exchange } from '../../contracts/exchange.js';
import { ForwardCall } from '../../contracts/forward-call.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import type { RequestBody, StreamedBody } from '../../contracts/upstream-request.js';
import { sizeText } from './body-limit.options.js';
import { CountedBody } from './counted-body.js';

export const BODY_LIMIT = 'body-limit';

/**
 * Refuses a body that is over the limit: at once where its length is known, else as soon as one byte too many comes.
 * Only a body of unknown length is touched at all.
 */
export function bodyLimitStage(limitBytes: number): Stage {
  const detail = `At most ${sizeText(limitBytes)} are allowed.`;
  const tooLarge = (): GatewayError => new GatewayError('body-too-large', { policy: BODY_LIMIT, detail });

  return (exchange) => {
    const { body } = exchange;
    if (body === undefined) return;
    const { length } = body;
    if (length !== undefined) {
      if (length > limitBytes) throw tooLarge();
      return;
    }
    const { stream } = body as StreamedBody;
    replaceBody(exchange, { stream: new CountedBody(stream, limitBytes, tooLarge), length });
  };
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
