import type { Exchange } from '../contracts/exchange.js';
import type { Plan } from '../routing/plan.js';
import type { Answerer } from './answerer.js';
import { bodyLost, recoverBody } from './consumed-body.js';
import { goesNoFurther } from './max-forwards.js';
import { preflightMethod } from './preflight.js';
import { runRoute } from './route.runner.js';
import { optionsResponse } from './unmatched.response.js';

/** Runs the declared route that takes a request which no route of the code takes; `false` when none does. */
export function runDeclared(exchange: Exchange, plan: Plan, answerer: Answerer): boolean {
  const { declared } = plan;
  if (declared === undefined || asksForCode(exchange, plan)) return false;
  // Express may have parsed it for a route of the code that was not taken after all.
  const body = exchange.handedOver ? recoverBody(exchange, exchange.req as { rawBody?: unknown }) : 'unread';
  try {
    const route = declared.enter(exchange);
    if (route === undefined) return false;
    if (body === 'lost') throw bodyLost();
    if (exchange.method === 'OPTIONS' && goesNoFurther(exchange.req)) {
      answerer.reply(exchange, optionsResponse(route.facts.methods ?? []));
    } else runRoute(route, exchange, answerer.reply, answerer.fail);
  } catch (error) {
    answerer.fail(exchange, error);
  }
  return true;
}

/**
 * Whether the request is a CORS preflight for a route of the code. What such a route does not allow itself, no declared
 * route that takes OPTIONS at its path allows in its place.
 */
function asksForCode({ method, req, path }: Exchange, plan: Plan): boolean {
  const asked = method === 'OPTIONS' ? preflightMethod(req) : undefined;
  return asked !== undefined && plan.match(asked, path) !== undefined;
}
