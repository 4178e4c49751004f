import type { Exchange } from '../../contracts/exchange.js';
import type { Stage } from '../../contracts/policy.js';
import type { AuthenticationMethod } from './authentication-method.js';

/** Puts the verified principal on the exchange, or ends it with 401. Waits only when the method does. */
export function authenticateStage(method: AuthenticationMethod): Stage {
  return (exchange) => {
    const principal = method.authenticate(exchange);
    if (principal instanceof Promise) return settle(exchange, principal);
    exchange.principal = principal;
  };
}

async function settle(
  exchange: Exchange,
  pending: Promise<NonNullable<Exchange['principal']>>,
): Promise<void> {
  exchange.principal = await pending;
}
