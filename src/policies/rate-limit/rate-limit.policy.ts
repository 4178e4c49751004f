import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  getOptionsToken,
  getStorageToken,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { LIMIT_OBSERVER, type LimitObserver } from '../../contracts/limit-observer.js';
import type { Policy, Stage, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { keyText } from './key-text.js';
import { LimitStages } from './limit-stages.js';
import {
  planLimit,
  RATE_LIMIT,
  type RateLimitOptions,
  resolveRateLimit,
  windowMs,
  windowText,
} from './rate-limit.options.js';
import { stageByPlan } from './rate-limit.plans.js';
import { rateLimitProblems } from './rate-limit.rules.js';
import { InexpressibleThrottle } from './throttler.declarations.js';

/** Limits requests per window and key, on whatever store @nestjs/throttler's storage token holds. */
@Injectable()
export class RateLimitPolicy implements Policy<RateLimitOptions | InexpressibleThrottle> {
  readonly name = RATE_LIMIT;
  readonly #stages: LimitStages;

  constructor(
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Optional() @Inject(LIMIT_OBSERVER) observer?: LimitObserver,
  ) {
    this.#stages = new LimitStages(storage, options, observer);
  }

  /** Where counts stand, for whoever runs the gateway. */
  get countsIn(): string {
    return this.#stages.countsIn;
  }

  stage(): StageName {
    return 'quota';
  }

  check(options: RateLimitOptions | InexpressibleThrottle, route: RouteFacts): readonly string[] {
    if (options instanceof InexpressibleThrottle) return [`${options.reason}; write @RateLimit instead.`];
    const problems = rateLimitProblems(options, route);
    if (this.countsIn === 'in the storage given' && (options.cost ?? 1) !== 1) {
      problems.push('cost is given, but the store counts requests one by one; leave it out, or the storage.');
    }
    return problems;
  }

  compile(options: RateLimitOptions | InexpressibleThrottle, route: RouteFacts): { readonly before: Stage } {
    if (options instanceof InexpressibleThrottle) throw new TypeError(options.reason);
    // What comes without a bucket was written for every route, so every route counts its own.
    const limit = resolveRateLimit(options, options.by === 'global' ? 'global' : route.id);
    const stage = this.#stages.make(limit, route);
    const { plans, planBy } = options;
    if (plans === undefined) return { before: stage };
    const byPlan = Object.entries(plans).map(
      ([plan, allowed]) => [plan, this.#stages.make(planLimit(limit, plan, allowed), route)] as const,
    );
    return { before: stageByPlan(new Map(byPlan), planBy, stage) };
  }

  describe(options: RateLimitOptions | InexpressibleThrottle): string {
    if (options instanceof InexpressibleThrottle) return options.reason;
    const { limit, window, by, plans, cost, shadow } = options;
    const words = [`${limit}/${windowText(windowMs(window))} by ${keyText(by)}`];
    for (const [plan, allowed] of Object.entries(plans ?? {})) {
      words.push(`${plan} ${allowed.limit}/${windowText(windowMs(allowed.window))}`);
    }
    if (cost !== undefined && cost !== 1) {
      words.push(`cost ${typeof cost === 'function' ? cost.name || 'function' : cost}`);
    }
    if (shadow === true) words.push('shadow');
    return words.join(', ');
  }

  /** The address as it is counted: an IPv6 client is its subnet. */
  subnetOf(address: string): string {
    return this.#stages.subnetOf(address);
  }
}
