import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import type { Count } from './fixed-window.js';
import type { Counter } from './rate-limit.counter.js';
import { rateLimitFields } from './rate-limit.fields.js';
import { type ResolvedRateLimit, windowText } from './rate-limit.options.js';

/** On answers that were decided without the store that instances share. */
const LIMIT_STORE_FIELD = 'X-RateLimit-Store';

/**
 * Counts the request, tells the client where it stands, and ends the exchange with 429 when the limit is used up.
 *
 * @param wouldRefuse hears of each refusal of a limit in the shadow, which refuses nobody
 */
export function rateLimitStage(limit: ResolvedRateLimit, counter: Counter, wouldRefuse: () => void): Stage {
  const writeFields = limit.headers ? rateLimitFields(limit) : undefined;
  const { policy, shadow } = limit;
  const detail = `At most ${limit.limit} requests are allowed in ${windowText(limit.windowMs)}.`;

  const settle = (exchange: Exchange, count: Count): void => {
    if (count.store !== undefined && limit.headers) {
      exchange.replyHeaders.push(LIMIT_STORE_FIELD, count.store);
    }
    // Nobody counted, so there is nothing to tell.
    if (count.store === 'none') return;
    const remaining = limit.limit - count.hits;
    writeFields?.(exchange.replyHeaders, Math.max(remaining, 0), count.resetSeconds);
    if (remaining >= 0) return;
    if (shadow) return wouldRefuse();
    throw new GatewayError('rate-limited', {
      policy,
      detail,
      // RFC 9110, section 10.2.3. The other fields are on the exchange, where every answer takes them from.
      headers: ['Retry-After', String(count.resetSeconds)],
    });
  };

  return (exchange) => {
    const count = counter(exchange);
    if (count instanceof Promise) return count.then((ready) => settle(exchange, ready));
    settle(exchange, count);
  };
}
