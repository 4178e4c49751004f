import { Injectable } from '@nestjs/common';
import type { Policy, Stage, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { keyText } from './keys/key-text.js';
import { Limits, type RateStage } from './limits.js';
import {
  planLimit,
  quotaText,
  RATE_LIMIT,
  type RateLimitOptions,
  type ResolvedRateLimit,
  resolveRateLimit,
} from './rate-limit.options.js';
import { stageByPlan } from './rate-limit.plans.js';
import { rateLimitProblems } from './rate-limit.rules.js';
import { storeText } from './store.rules.js';
import { InexpressibleThrottle } from './throttler/throttler.declarations.js';

/** Limits requests per window and key, on whatever store @nestjs/throttler's storage token holds. */
@Injectable()
export class RateLimitPolicy implements Policy<RateLimitOptions | InexpressibleThrottle> {
  readonly name = RATE_LIMIT;

  constructor(private readonly limits: Limits) {}

  /** The address as it is counted: an IPv6 client is its subnet. */
  subnetOf(address: string): string {
    return this.limits.subnetOf(address);
  }

  stage(): StageName {
    return 'quota';
  }

  check(options: RateLimitOptions | InexpressibleThrottle, route: RouteFacts): readonly string[] {
    if (options instanceof InexpressibleThrottle) return [`${options.reason}; write @RateLimit instead.`];
    const problems = rateLimitProblems(options, route);
    if (problems.length > 0) return problems;
    const limit = resolve(options, route);
    return [
      ...new Set(
        [limit, ...planLimits(limit, options).values()].flatMap((one) => this.limits.unsupported(one)),
      ),
    ];
  }

  compile(options: RateLimitOptions | InexpressibleThrottle, route: RouteFacts): RateStage {
    if (options instanceof InexpressibleThrottle) throw new TypeError(options.reason);
    const limit = resolve(options, route);
    const without = this.limits.rateStage(limit, route);
    if (options.plans === undefined) return without;
    const byPlan = new Map<string, Stage>();
    const open = [without];
    for (const [plan, own] of planLimits(limit, options)) {
      const stage = this.limits.rateStage(own, route);
      open.push(stage);
      byPlan.set(plan, stage.before);
    }
    const before = stageByPlan(byPlan, options.planBy, without.before);
    return {
      before,
      close: () => {
        for (const { close } of open) close();
      },
    };
  }

  describe(options: RateLimitOptions | InexpressibleThrottle): string {
    if (options instanceof InexpressibleThrottle) return options.reason;
    const { by, plans, cost, lease, countRefused, store, shadow } = options;
    const words = [`${quotaText(options)} by ${keyText(by)}`];
    for (const [plan, allowed] of Object.entries(plans ?? {})) words.push(`${plan} ${quotaText(allowed)}`);
    if (cost !== undefined && cost !== 1) {
      words.push(`cost ${typeof cost === 'function' ? cost.name || 'function' : cost}`);
    }
    if (lease !== undefined) words.push(`lease ${lease}`);
    if (countRefused === true) words.push('refused ones too');
    if (store !== undefined) words.push(`in ${storeText(store)}`);
    if (shadow === true) words.push('shadow');
    return words.join(', ');
  }
}

/** What comes without a bucket was written for every route, so every route counts its own. */
function resolve(options: RateLimitOptions, { id }: RouteFacts): ResolvedRateLimit {
  return resolveRateLimit(options, options.by === 'global' ? 'global' : id);
}

function planLimits(
  limit: ResolvedRateLimit,
  { plans = {} }: RateLimitOptions,
): ReadonlyMap<string, ResolvedRateLimit> {
  return new Map(Object.entries(plans).map(([plan, allowed]) => [plan, planLimit(limit, plan, allowed)]));
}
