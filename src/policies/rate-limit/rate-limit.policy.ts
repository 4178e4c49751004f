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
import { InexpressibleThrottle } from './throttler.declarations.js';

/** Limits requests per window and key, on whatever store @nestjs/throttler's storage token holds. */
@Injectable()
export class RateLimitPolicy implements Policy<RateLimitOptions | InexpressibleThrottle> {
  readonly name = RATE_LIMIT;
  /** Whether counts stand in this process's memory, so that several instances count apart. */
  readonly countsInMemory: boolean;
  readonly #storage: ThrottlerStorage;
  readonly #subnetOf: (address: string) => string;

  constructor(
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
  ) {
    this.#storage = storage;
    this.countsInMemory = storage instanceof MemoryRateLimitStore;
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
    return { before: rateLimitStage(limit, counterOf(limit, route, this.#storage, this.#subnetOf)) };
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
