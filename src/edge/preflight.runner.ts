import type { Exchange } from '../contracts/exchange.js';
import type { Plan } from '../routing/plan.js';
import type { Answerer } from './answerer.js';
import { preflightMethod } from './preflight.js';
import { runBefore } from './route.runner.js';

/** Answers a CORS preflight by the route of the method it asks for; `false` when the request is none, or no such route answers it. */
export function runPreflight(exchange: Exchange, plan: Plan, answerer: Answerer): boolean {
  const asked = preflightMethod(exchange.req);
  const match = asked === undefined ? undefined : plan.match(asked, exchange.path);
  const preflight = match?.value.preflight;
  if (asked === undefined || match === undefined || preflight === undefined) return false;
  exchange.route = match.value.facts;
  exchange.params = match.params;
  exchange.dress = preflight.dress;
  const answer = (): void => answerer.reply(exchange, preflight.answer(exchange, asked));
  try {
    const waiting = runBefore(preflight.before, exchange);
    if (waiting === undefined) answer();
    else waiting.then(answer).catch((error) => answerer.fail(exchange, error));
  } catch (error) {
    answerer.fail(exchange, error);
  }
  return true;
}
