import type { Exchange } from '../contracts/exchange.js';
import type { UpstreamResponse } from '../contracts/upstream-response.js';

/**
 * Sends an answer of the gateway's own, shaped first where the route shapes such answers too. What shaping it throws is
 * answered as it is: it runs once.
 */
export function shapeOwnAnswer(
  exchange: Exchange,
  answer: UpstreamResponse,
  send: (exchange: Exchange, answer: UpstreamResponse) => void,
  fail: (exchange: Exchange, error: unknown) => void,
): void {
  const { shapeOwnAnswer: shape } = exchange;
  if (shape === undefined) return send(exchange, answer);
  exchange.shapeOwnAnswer = undefined;
  try {
    const shaped = shape(exchange, answer);
    if (shaped instanceof Promise) {
      shaped.then((ready) => send(exchange, ready)).catch((error) => fail(exchange, error));
    } else send(exchange, shaped);
  } catch (error) {
    fail(exchange, error);
  }
}
