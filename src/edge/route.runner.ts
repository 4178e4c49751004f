import type { Exchange } from '../contracts/exchange.js';
import type { Stage } from '../contracts/policy.js';
import { runAfter } from '../contracts/run-after.js';
import type { UpstreamResponse } from '../contracts/upstream-response.js';
import type { PlannedRoute } from '../routing/planned-route.js';
import { asResponse, defaultStatus } from './handler-result.js';

/** Runs stages in order. A promise comes back only when a stage must wait. */
export function runBefore(stages: readonly Stage[], exchange: Exchange, from = 0): Promise<void> | undefined {
  for (let i = from; i < stages.length; i++) {
    const waiting = (stages[i] as Stage)(exchange);
    if (waiting !== undefined) return waiting.then(() => runBefore(stages, exchange, i + 1));
  }
  return undefined;
}

/**
 * Runs a compiled route from its first stage to its answer.
 *
 * 1. stages before the handler  2. the handler  3. stages on its answer  4. the reply
 *
 * Nothing is awaited that is not a promise, so a route without waiting policies reaches the upstream in one go.
 */
export function runRoute(
  route: PlannedRoute,
  exchange: Exchange,
  reply: (exchange: Exchange, response: UpstreamResponse) => void,
  fail: (exchange: Exchange, error: unknown) => void,
): void {
  try {
    // 1
    const waiting = runBefore(route.before, exchange);
    if (waiting !== undefined) {
      waiting.then(() => callHandler(route, exchange, reply, fail)).catch((error) => fail(exchange, error));
      return;
    }
    callHandler(route, exchange, reply, fail);
  } catch (error) {
    fail(exchange, error);
  }
}

function callHandler(
  route: PlannedRoute,
  exchange: Exchange,
  reply: (exchange: Exchange, response: UpstreamResponse) => void,
  fail: (exchange: Exchange, error: unknown) => void,
): void {
  // 2
  const result = (route.handle as (exchange: Exchange) => unknown)(exchange);
  const failed = (error: unknown): void => fail(exchange, error);
  const finish = (value: unknown): void => {
    try {
      // 3
      const answer = runAfter(route.after, exchange, asResponse(value, defaultStatus(exchange.method)));
      // 4
      if (answer instanceof Promise) answer.then((ready) => reply(exchange, ready)).catch(failed);
      else reply(exchange, answer);
    } catch (error) {
      failed(error);
    }
  };
  if (result instanceof Promise) void result.then(finish, failed);
  else finish(result);
}
