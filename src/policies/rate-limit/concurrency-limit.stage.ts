import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import type { ResolvedConcurrencyLimit } from './concurrency-limit.options.js';
import { placesFields } from './rate-limit.fields.js';
import { LIMIT_STORE_FIELD } from './rate-limit.stage.js';
import type { Admission } from './stores/limit-store.js';
import { storeRejected } from './stores/limits-unavailable.js';

/** Nobody knows when a place will be free. */
const RETRY_AFTER_SECONDS = '1';

/**
 * Gives the request a place for as long as it runs, tells the client how many are left, and ends the exchange with 429
 * when there is none.
 *
 * @param enter a promise only when the store must be asked over the network
 * @param wouldRefuse hears of each refusal of a limit in the shadow, which refuses nobody
 */
export function concurrencyLimitStage(
  limit: ResolvedConcurrencyLimit,
  enter: (exchange: Exchange) => Admission | Promise<Admission>,
  wouldRefuse: () => void,
): Stage {
  const { policy, shadow, name } = limit;
  const writeFields = limit.headers && !shadow ? placesFields(name, limit.limit) : undefined;
  const detail = `At most ${limit.limit} requests may run at the same time.`;

  const settle = (exchange: Exchange, admission: Admission): void => {
    const { passed, remaining, store, leave } = admission;
    // The client may have left while the store was asked.
    if (exchange.finished) return leave();
    if (passed) exchange.atEnd(leave);
    if (store !== undefined && limit.headers) exchange.replyHeaders.push(LIMIT_STORE_FIELD, store);
    if (store !== 'none') writeFields?.(exchange.replyHeaders, remaining);
    if (passed) return;
    if (shadow) return wouldRefuse();
    throw new GatewayError('rate-limited', { policy, detail, headers: ['Retry-After', RETRY_AFTER_SECONDS] });
  };

  return (exchange) => {
    const admission = enter(exchange);
    if (admission instanceof Promise)
      return admission.then((ready) => settle(exchange, ready), storeRejected);
    settle(exchange, admission);
  };
}
