import type { Exchange } from '../../contracts/exchange.js';
import type { RateLimitCost } from './rate-limit.options.js';

/** What a request takes of its limit. */
export type CostOf = (exchange: Exchange) => number;

/**
 * Makes the reader of a cost that is told per request; `undefined` where every request costs 1.
 *
 * @param refused hears what a function said that is no cost; the request counts 1
 */
export function costOf(cost: RateLimitCost, refused: (said: unknown) => void): CostOf | undefined {
  if (typeof cost === 'number') return cost === 1 ? undefined : () => cost;
  return (exchange) => {
    let said: unknown;
    try {
      said = cost(exchange);
      if (Number.isSafeInteger(said) && (said as number) >= 0) return said as number;
    } catch (error) {
      said = error;
    }
    refused(said);
    return 1;
  };
}
