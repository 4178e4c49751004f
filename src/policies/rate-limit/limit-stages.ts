import {
  DEFAULT_IPV6_SUBNET_PREFIX,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { type LimitObserver, SILENT_LIMIT_OBSERVER } from '../../contracts/limit-observer.js';
import type { Stage } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { clientSubnet } from './client-subnet.js';
import { costOf } from './rate-limit.cost.js';
import { counterOf } from './rate-limit.counter.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';
import { rateLimitStage } from './rate-limit.stage.js';

/** Makes the stages of limits, on whatever store @nestjs/throttler's storage token holds. */
export class LimitStages {
  /** The address as it is counted: an IPv6 client is its subnet. */
  readonly subnetOf: (address: string) => string;

  constructor(
    private readonly storage: ThrottlerStorage,
    options: ThrottlerModuleOptions,
    private readonly observer: LimitObserver = SILENT_LIMIT_OBSERVER,
  ) {
    const prefix = Array.isArray(options) ? undefined : options.ipv6SubnetPrefix;
    this.subnetOf = clientSubnet(prefix ?? DEFAULT_IPV6_SUBNET_PREFIX);
  }

  make(limit: ResolvedRateLimit, route: RouteFacts): Stage {
    const { observer } = this;
    const { policy, name, bucket } = limit;
    const rule = Object.freeze({ policy, name, bucket, route: route.id });
    const cost = costOf(limit.cost, (said) => observer.costRefused(rule, said));
    const counter = counterOf(limit, route, this.storage, this.subnetOf, cost);
    return rateLimitStage(limit, counter, () => observer.wouldRefuse(rule));
  }
}
