import { Inject, Injectable } from '@nestjs/common';
import {
  DEFAULT_IPV6_SUBNET_PREFIX,
  getOptionsToken,
  getStorageToken,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { Policy, Stage, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { clientSubnet } from './client-subnet.js';
import type { LimitStore } from './limit-store.js';
import { MemoryLimitStore } from './memory-limit.store.js';
import { counterOf } from './rate-limit.counter.js';
import {
  type RateLimitOptions,
  rateLimitProblems,
  resolveRateLimit,
  windowMs,
  windowText,
} from './rate-limit.options.js';
import { RATE_LIMIT, rateLimitStage } from './rate-limit.stage.js';
import { MemoryRateLimitStore } from './rate-limit.store.js';
import { RedisLimitStore } from './redis-limit.store.js';
import { InexpressibleThrottle } from './throttler.declarations.js';
import { ThrottlerLimitStore } from './throttler-limit.store.js';

/** Limits requests per window and key, on whatever store @nestjs/throttler's storage token holds. */
@Injectable()
export class RateLimitPolicy implements Policy<RateLimitOptions | InexpressibleThrottle> {
  readonly name = RATE_LIMIT;
  /** For whoever runs the gateway: only in Redis do several instances count together for certain. */
  readonly countsIn: "in this process's memory" | 'in Redis' | 'in the storage given';
  readonly #store: LimitStore;
  readonly #subnetOf: (address: string) => string;

  constructor(
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
  ) {
    if (storage instanceof MemoryRateLimitStore) {
      this.#store = new MemoryLimitStore(storage);
      this.countsIn = "in this process's memory";
    } else if (storage instanceof RedisLimitStore) {
      this.#store = storage;
      this.countsIn = 'in Redis';
    } else {
      this.#store = new ThrottlerLimitStore(storage);
      this.countsIn = 'in the storage given';
    }
    const prefix = Array.isArray(options) ? undefined : options.ipv6SubnetPrefix;
    this.#subnetOf = clientSubnet(prefix ?? DEFAULT_IPV6_SUBNET_PREFIX);
  }

  stage(): StageName {
    return 'quota';
  }

  check(options: RateLimitOptions | InexpressibleThrottle, route: RouteFacts): readonly string[] {
    return options instanceof InexpressibleThrottle
      ? [`${options.reason}; write @RateLimit instead.`]
      : rateLimitProblems(options, route);
  }

  compile(options: RateLimitOptions | InexpressibleThrottle, route: RouteFacts): { readonly before: Stage } {
    if (options instanceof InexpressibleThrottle) throw new TypeError(options.reason);
    // What comes without a bucket was written for every route, so every route counts its own.
    const limit = resolveRateLimit(options, route.id);
    return { before: rateLimitStage(limit, counterOf(limit, route, this.#store, this.#subnetOf)) };
  }

  describe(options: RateLimitOptions | InexpressibleThrottle): string {
    if (options instanceof InexpressibleThrottle) return options.reason;
    const { limit, window, by = 'subject or address' } = options;
    const key = typeof by === 'function' ? by.name || 'function' : by;
    return `${limit}/${windowText(windowMs(window))} by ${key}`;
  }

  /** The address as it is counted: an IPv6 client is its subnet. */
  subnetOf(address: string): string {
    return this.#subnetOf(address);
  }
}
