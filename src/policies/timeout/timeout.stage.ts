import type { Stage } from '../../contracts/policy.js';
import type { TimeoutOptions } from '../../contracts/upstream-definition.js';

export const TIMEOUT = 'timeout';

/** Puts the route's clocks on the exchange, where upstream calls read them. */
export function timeoutStage(timeouts: TimeoutOptions): Stage {
  return (exchange) => {
    exchange.timeouts = timeouts;
  };
}
