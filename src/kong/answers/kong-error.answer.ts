import type { Exchange } from '../../contracts/exchange.js';
import type { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import { KongRefusal } from '../plugins/kong-refusal.js';
import { answerFormat } from './answer-format.js';
import { errorResponse, messageResponse } from './error-body.js';
import { kongWords } from './kong-message.js';
import { requestIdOf } from './kong-terms.js';

/** Writes an error as Kong does: by `Accept`, with `message` and `request_id`. */
export function kongErrorAnswer(exchange: Exchange, error: GatewayError): UpstreamResponse {
  return errorAnswer(exchange, error, requestIdOf(exchange));
}

/** The same for requests that no route takes, which nobody dresses. */
export function kongUnmatchedAnswer(now: () => number) {
  return (exchange: Exchange, error: GatewayError): UpstreamResponse => {
    const requestId = requestIdOf(exchange);
    const answer = errorAnswer(exchange, error, requestId);
    return answer.withHeaders([
      ...answer.headers,
      'X-Kong-Response-Latency',
      String(Math.round(now() - exchange.startedAt)),
      'X-Kong-Request-Id',
      requestId,
    ]);
  };
}

function errorAnswer(exchange: Exchange, error: GatewayError, requestId: string): UpstreamResponse {
  if (!(error instanceof KongRefusal)) {
    const { headers } = error;
    return errorResponse(answerFormat(exchange.req.rawHeaders), { ...kongWords(error), headers, requestId });
  }
  const { status, message, messageOnly = false, headers = error.headers } = error.answer;
  if (messageOnly) return messageResponse({ status, message, headers });
  return errorResponse(answerFormat(exchange.req.rawHeaders), { status, message, headers, requestId });
}
