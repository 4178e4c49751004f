import {
  DEFAULT_IPV6_SUBNET_PREFIX,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { type LimitObserver, SILENT_LIMIT_OBSERVER } from '../../contracts/limit-observer.js';
import type { Stage } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { clientSubnet } from './client-subnet.js';
import type { LimitStore } from './limit-store.js';
import { MemoryLimitStore } from './memory-limit.store.js';
import { costOf } from './rate-limit.cost.js';
import { counterOf } from './rate-limit.counter.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';
import { rateLimitStage } from './rate-limit.stage.js';
import { MemoryRateLimitStore } from './rate-limit.store.js';
import { RedisLimitStore } from './redis-limit.store.js';
import { ThrottlerLimitStore } from './throttler-limit.store.js';

/** Makes the stages of limits, on whatever store @nestjs/throttler's storage token holds. */
export class LimitStages {
  /** The address as it is counted: an IPv6 client is its subnet. */
  readonly subnetOf: (address: string) => string;
  /** For whoever runs the gateway: only in Redis do several instances count together for certain. */
  readonly countsIn: "in this process's memory" | 'in Redis' | 'in the storage given';
  readonly #store: LimitStore;

  constructor(
    storage: ThrottlerStorage,
    options: ThrottlerModuleOptions,
    private readonly observer: LimitObserver = SILENT_LIMIT_OBSERVER,
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
    this.subnetOf = clientSubnet(prefix ?? DEFAULT_IPV6_SUBNET_PREFIX);
  }

  make(limit: ResolvedRateLimit, route: RouteFacts): Stage {
    const { observer } = this;
    const { policy, name, bucket } = limit;
    const rule = Object.freeze({ policy, name, bucket, route: route.id });
    const cost = costOf(limit.cost, (said) => observer.costRefused(rule, said));
    const counter = counterOf(limit, route, this.#store, this.subnetOf, cost);
    return rateLimitStage(limit, counter, () => observer.wouldRefuse(rule));
  }
}
