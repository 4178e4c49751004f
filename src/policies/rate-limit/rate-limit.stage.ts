import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import type { Standing } from './meters/limit-meter.js';
import { rateLimitFields } from './rate-limit.fields.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';
import type { Verdict } from './stores/limit-store.js';
import { storeRejected } from './stores/limits-unavailable.js';

/** On answers that were decided without the store that instances share. */
export const LIMIT_STORE_FIELD = 'X-RateLimit-Store';

/**
 * Counts the request, tells the client where it stands, and ends the exchange with 429 when the limit is used up.
 *
 * @param count a promise only when the store must be asked over the network
 * @param wouldRefuse hears of each refusal of a limit in the shadow, which refuses nobody
 */
export function rateLimitStage(
  limit: ResolvedRateLimit,
  count: (exchange: Exchange) => Verdict | Promise<Verdict>,
  wouldRefuse: () => void,
): Stage {
  const { policy, shadow, headers } = limit;
  const ownFields = typeof headers === 'function' ? headers : undefined;
  const writeFields = headers === true ? rateLimitFields(limit) : undefined;
  const details = limit.quotas.map(({ text }) => `The limit is ${text}.`);

  const settle = (exchange: Exchange, verdict: Verdict): void => {
    const { passed, standings, store } = verdict;
    if (store !== undefined && headers === true) exchange.replyHeaders.push(LIMIT_STORE_FIELD, store);
    writeFields?.(exchange.replyHeaders, standings);
    ownFields?.(exchange.replyHeaders, { passed, windows: standings });
    if (passed) return;
    if (shadow) return wouldRefuse();
    throw new GatewayError('rate-limited', {
      policy,
      detail: details[tightest(verdict)] as string,
      // RFC 9110, section 10.2.3. The other fields are on the exchange, where every answer takes them from.
      headers: ['Retry-After', String(Math.ceil(verdict.retryMs / 1000))],
    });
  };

  return (exchange) => {
    const verdict = count(exchange);
    if (verdict instanceof Promise) return verdict.then((ready) => settle(exchange, ready), storeRejected);
    settle(exchange, verdict);
  };
}

/** Where the least is left; of several such, where it stays so for longest. */
function tightest({ standings }: Verdict): number {
  let found = 0;
  let least = standings[0] as Standing;
  standings.forEach((standing, i) => {
    const { remaining, resetMs } = standing;
    if (remaining > least.remaining || (remaining === least.remaining && resetMs <= least.resetMs)) return;
    found = i;
    least = standing;
  });
  return found;
}
