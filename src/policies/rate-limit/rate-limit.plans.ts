import { claimReader } from '../../contracts/claim-reader.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { Stage } from '../../contracts/policy.js';
import type { RateLimitOptions } from './rate-limit.options.js';

/** Runs the limit of the caller's plan; `otherwise` for callers without a plan, and with one that has no limit here. */
export function stageByPlan(
  plans: ReadonlyMap<string, Stage>,
  planBy: RateLimitOptions['planBy'],
  otherwise: Stage,
): Stage {
  const planOf = planReader(planBy);
  return (exchange) => (plans.get(planOf(exchange) as string) ?? otherwise)(exchange);
}

function planReader(planBy: RateLimitOptions['planBy']): (exchange: Exchange) => unknown {
  if (planBy === undefined) return ({ principal }) => principal?.consumer?.plan;
  const read = claimReader(planBy.claim);
  return ({ principal }) => (principal === undefined ? undefined : read(principal.claims));
}
