import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  DEFAULT_IPV6_SUBNET_PREFIX,
  getOptionsToken,
  getStorageToken,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { LIMIT_OBSERVER, type LimitObserver, SILENT_LIMIT_OBSERVER } from '../../contracts/limit-observer.js';
import type { CompiledPolicy, Stage } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { ResolvedConcurrencyLimit } from './concurrency-limit.options.js';
import { concurrencyLimitStage } from './concurrency-limit.stage.js';
import { byKey } from './keys/by-key.js';
import { clientSubnet } from './keys/client-subnet.js';
import { OpenLimits } from './open-limits.js';
import { costOf } from './rate-limit.cost.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';
import { rateLimitStage } from './rate-limit.stage.js';
import { isLimitStore, type LimitRule, type LimitStore } from './stores/limit-store.js';
import { LimitStores, type OpenLimitStore } from './stores/limit-stores.js';
import { ThrottlerLimitStore } from './stores/throttler-limit.store.js';

/** A limit's stage, until it is closed. */
export type RateStage = Required<Pick<CompiledPolicy, 'before' | 'close'>>;

/** Makes the stages of all limits, on whatever store @nestjs/throttler's storage token holds. */
@Injectable()
export class Limits {
  /** The address as it is counted: an IPv6 client is its subnet. */
  readonly subnetOf: (address: string) => string;
  /** What was opened, for whoever looks. */
  readonly open = new OpenLimits();
  readonly #store: LimitStore;
  readonly #stores: LimitStores;
  readonly #observer: LimitObserver;

  constructor(
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Optional() @Inject(LIMIT_OBSERVER) observer?: LimitObserver,
    @Optional() stores?: LimitStores,
  ) {
    this.#stores = stores ?? new LimitStores({ observer });
    this.#store = isLimitStore(storage) ? storage : new ThrottlerLimitStore(storage);
    this.#observer = observer ?? SILENT_LIMIT_OBSERVER;
    const prefix = Array.isArray(options) ? undefined : options.ipv6SubnetPrefix;
    this.subnetOf = clientSubnet(prefix ?? DEFAULT_IPV6_SUBNET_PREFIX);
  }

  /** Where counts stand, for whoever runs the gateway. */
  get countsIn(): string {
    return this.#store.countsIn;
  }

  /** What the store cannot do of a limit, in plain words; none when it can do all. */
  unsupported(limit: ResolvedRateLimit | ResolvedConcurrencyLimit): readonly string[] {
    const own = 'store' in limit ? limit.store : undefined;
    const rule = 'quotas' in limit ? ruleOf(limit, '') : limit;
    const found = own === undefined ? this.#store.unsupported?.(rule) : this.#stores.missing(own);
    return found === undefined ? [] : [found];
  }

  rateStage(limit: ResolvedRateLimit, route: RouteFacts): RateStage {
    const { store, close } = this.#storeOf(limit);
    const forgotten: (() => void)[] = [];
    const observer = this.#observer;
    const { policy, name, bucket } = limit;
    const observed = Object.freeze({ policy, name, bucket, route: route.id });
    const cost = costOf(limit.cost, (said) => observer.costRefused(observed, said));
    const count = byKey(limit.by, route, this.subnetOf, (kind, asCounted) => {
      const limiter = store.open(ruleOf(limit, kind));
      forgotten.push(this.open.addRate(limit, kind, route, limiter, asCounted));
      if (cost === undefined) return (key) => limiter.hit(key, 1);
      return (key, exchange) => limiter.hit(key, cost(exchange));
    });
    const before = rateLimitStage(limit, count, () => observer.wouldRefuse(observed));
    return {
      before,
      close: () => {
        for (const forget of forgotten) forget();
        close?.();
      },
    };
  }

  #storeOf({ store }: ResolvedRateLimit): OpenLimitStore {
    return store === undefined ? { store: this.#store, close: undefined } : this.#stores.open(store);
  }

  concurrencyStage(limit: ResolvedConcurrencyLimit, route: RouteFacts): Stage {
    const { policy, name, bucket } = limit;
    const observed = Object.freeze({ policy, name, bucket, route: route.id });
    const enter = byKey(limit.by, route, this.subnetOf, (kind, asCounted) => {
      const places = this.#store.openPlaces({ ...limit, bucket: `${bucket} ${kind}` });
      this.open.addPlaces(limit, kind, route, places, asCounted);
      return (key) => places.enter(key);
    });
    return concurrencyLimitStage(limit, enter, () => this.#observer.wouldRefuse(observed));
  }
}

/** Each kind of key is a bucket of its own; no kind has a space in it. */
function ruleOf(limit: ResolvedRateLimit, kind: string): LimitRule {
  const { quotas, name, fail, lease, cost, countRefused } = limit;
  const meters = quotas.map(({ meter }) => meter);
  return { bucket: `${limit.bucket} ${kind}`, meters, costs: cost !== 1, countRefused, name, fail, lease };
}
