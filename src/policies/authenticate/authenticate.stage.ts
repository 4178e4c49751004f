import type { Exchange } from '../../contracts/exchange.js';
import type { Stage } from '../../contracts/policy.js';
import type { AuthenticationMethod, Outcome } from './authentication-method.js';
import { Refusal, unauthenticated } from './refusal.js';

/**
 * Puts the verified principal on the exchange, or ends it with 401. Waits only when the method does.
 * Credentials that are the gateway's alone are taken out of the call.
 */
export function authenticateStage(method: AuthenticationMethod): Stage {
  const { conceal } = method;
  const settle = (exchange: Exchange, outcome: Outcome): void => {
    if (outcome instanceof Refusal) throw unauthenticated(outcome);
    exchange.principal = outcome;
    if (conceal !== undefined && exchange.call !== undefined) exchange.call = conceal(exchange.call);
  };
  return (exchange) => {
    const outcome = method.authenticate(exchange);
    if (outcome instanceof Promise) return outcome.then((settled) => settle(exchange, settled));
    settle(exchange, outcome);
  };
}
