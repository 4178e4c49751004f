import type { ThrottlerStorage } from '@nestjs/throttler';
import type { SharedState } from '../../../../contracts/shared-state.js';
import { KeyBudget } from '../../meters/key-budget.js';
import { type LimitMeter, memoryMs } from '../../meters/limit-meter.js';
import type {
  Admission,
  ConcurrencyRule,
  Limiter,
  LimitRule,
  LimitStore,
  Places,
  Verdict,
} from '../limit-store.js';
import type { MemoryRateLimitStore } from '../memory-rate-limit.store.js';
import { LeasedLimiter } from './leased-limiter.js';
import { LimitOutage, type LimitOutageOptions } from './limit-outage.js';
import { type Grant, LIMIT_KEY_PREFIX, RedisLimiter } from './redis-limiter.js';
import { RedisPlaces } from './redis-places.js';
import { THROTTLER_SCRIPT } from './throttler.script.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Writes, which a replica refuses, and costs no caller a hit. */
const PROBE_SCRIPT = "return redis.call('SET', KEYS[1], 1, 'PX', 1000)";
/** Keys of which units are leased, all limits together. */
const LEASED_KEYS = 100_000;

const PASSED: Grant = Object.freeze({ passed: true, granted: 0, retryMs: 0, standings: [], store: 'none' });
const ENTERED: Admission = Object.freeze({ passed: true, remaining: 0, store: 'none', leave() {} });
const PASSED_RECORD: ThrottlerRecord = Object.freeze({
  totalHits: 0,
  timeToExpire: 0,
  isBlocked: false,
  timeToBlockExpire: 0,
});

export interface RedisLimitStoreOptions extends Omit<LimitOutageOptions, 'probe' | 'partOf'> {
  readonly state: SharedState;
  /** Counts while Redis cannot be asked. */
  readonly memory: MemoryRateLimitStore;
  /** How many instances share a limit that is counted in memory meanwhile. */
  readonly instances: number;
}

/**
 * Counts limits in Redis, for all instances together. While Redis cannot be asked, each limit's own `fail` decides,
 * without waiting.
 *
 * It is a `ThrottlerStorage` for whoever asks as one.
 */
export class RedisLimitStore implements LimitStore, ThrottlerStorage {
  readonly countsIn = 'in Redis';
  readonly increment: ThrottlerStorage['increment'];
  readonly #state: SharedState;
  readonly #memory: MemoryRateLimitStore;
  readonly #outage: LimitOutage;
  readonly #instances: number;
  readonly #places: RedisPlaces;
  readonly #leased = new KeyBudget(LEASED_KEYS);
  readonly #now: () => number;

  constructor({ state, memory, instances, ...outage }: RedisLimitStoreOptions) {
    this.#state = state;
    this.#memory = memory;
    this.#instances = instances;
    this.#now = () => outage.clock.monotonic();
    this.#outage = new LimitOutage({
      ...outage,
      partOf: (key) => state.partOf(key),
      // What a key has between braces says where it stands.
      probe: (key) => state.run(PROBE_SCRIPT, [`${key}:probe`], []),
    });
    this.#places = new RedisPlaces(state);
    this.increment = this.#throttler();
  }

  open(rule: LimitRule): Limiter {
    const redis = new RedisLimiter(this.#state, rule);
    const share = this.#memory.open({ ...rule, meters: rule.meters.map((meter) => this.#shareOf(meter)) });
    const local = (key: string, cost: number): Grant => {
      const { passed, retryMs, standings } = share.hit(key, cost);
      // A copy: those of the store in memory are good until the next hit, and this one may be waited for.
      return {
        passed,
        retryMs,
        granted: cost,
        standings: standings.map((standing) => ({ ...standing })),
        store: 'local',
      };
    };
    const take = this.#outage.guard<[key: string, least: number, most: number], Grant>({
      fail: rule.fail,
      passed: PASSED,
      storeKey: (key) => redis.redisKey(key),
      ask: (key, least, most) => redis.take(key, least, most),
      local: (key, least) => local(key, least),
    });
    const reset = async (key: string): Promise<void> => {
      share.reset(key);
      await redis.reset(key);
    };
    const hit = (key: string, cost: number): Verdict | Promise<Verdict> => take(key, cost, cost);
    if (rule.lease === undefined) return { hit, reset };
    const windowMs = Math.max(...rule.meters.map(memoryMs));
    return new LeasedLimiter({
      lease: rule.lease,
      windowMs,
      budget: this.#leased,
      now: this.#now,
      take,
      reset,
    });
  }

  openPlaces(rule: ConcurrencyRule): Places {
    const { bucket } = rule;
    const share = this.#memory.openPlaces({ ...rule, limit: this.#share(rule.limit) });
    const enter = this.#outage.guard<[key: string], Admission>({
      fail: rule.fail,
      passed: ENTERED,
      storeKey: (key) => this.#places.redisKey(rule, key),
      ask: (key) => this.#places.enter(rule, key),
      local: (key) => ({ ...share.enter(key), store: 'local' }),
    });
    return {
      enter,
      taken: (key) => this.#places.taken(bucket, key),
      reset: async (key) => {
        share.reset(key);
        await this.#places.reset(bucket, key);
      },
    };
  }

  /** As @nestjs/throttler asks: lengths in milliseconds, answers in seconds. */
  #throttler(): ThrottlerStorage['increment'] {
    const increment = this.#outage.guard<Parameters<ThrottlerStorage['increment']>, ThrottlerRecord>({
      fail: undefined,
      passed: PASSED_RECORD,
      storeKey: (key, ttl, _limit, _blockDuration, name) => throttlerKey(key, ttl, name),
      ask: async (key, ttl, limit, blockDuration, name) => {
        const redisKey = throttlerKey(key, ttl, name);
        const block = blockDuration === ttl ? 0 : blockDuration;
        const answer = await this.#state.run(
          THROTTLER_SCRIPT,
          [redisKey, `${redisKey}:block`],
          [limit, ttl, block],
        );
        const [hits, leftMs] = answer as [number, number];
        const seconds = Math.ceil(leftMs / 1000);
        const isBlocked = hits > limit;
        return {
          totalHits: hits,
          timeToExpire: seconds,
          isBlocked,
          timeToBlockExpire: isBlocked ? seconds : 0,
        };
      },
      local: (key, ttl, limit, blockDuration, name) =>
        this.#memory.increment(key, ttl, this.#share(limit), blockDuration, name),
    });
    return async (...args) => increment(...args);
  }

  #shareOf(meter: LimitMeter): LimitMeter {
    return { ...meter, limit: this.#share(meter.limit), burst: this.#share(meter.burst) };
  }

  #share(limit: number): number {
    return Math.max(1, Math.floor(limit / this.#instances));
  }
}

function throttlerKey(key: string, ttl: number, name: string): string {
  return `${LIMIT_KEY_PREFIX}{${encodeURIComponent(name)}|${ttl}|${key}}:throttler`;
}
