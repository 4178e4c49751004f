import type { ThrottlerStorage } from '@nestjs/throttler';
import type { SharedState } from '../../contracts/shared-state.js';
import type { Count } from './fixed-window.js';
import { FIXED_WINDOW_SCRIPT } from './fixed-window.script.js';
import { LimitOutage, type LimitOutageOptions } from './limit-outage.js';
import type { Limiter, LimitRule, LimitStore } from './limit-store.js';
import type { MemoryRateLimitStore } from './rate-limit.store.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** What a count stands behind in Redis. */
export const LIMIT_KEY_PREFIX = 'portcullis:limit:';

/** A count that nobody reads, so that looking costs no caller a hit; it writes, which a replica refuses. */
const PROBE_KEY = `${LIMIT_KEY_PREFIX}probe`;
const PROBE_WINDOW_MS = 50;

const PASSED: Count = Object.freeze({ hits: 0, resetSeconds: 0, store: 'none' });
const PASSED_RECORD: ThrottlerRecord = Object.freeze({
  totalHits: 0,
  timeToExpire: 0,
  isBlocked: false,
  timeToBlockExpire: 0,
});

export interface RedisLimitStoreOptions extends Omit<LimitOutageOptions, 'probe'> {
  readonly state: SharedState;
  /** Counts while Redis cannot be asked. */
  readonly memory: MemoryRateLimitStore;
  /** How many instances share a limit that is counted in memory meanwhile. */
  readonly instances: number;
}

/**
 * Counts limits in Redis, for all instances together: one script for each decision, by the server's clock. While Redis
 * cannot be asked, each limit's own `fail` decides, without waiting.
 *
 * It is a `ThrottlerStorage` for whoever asks as one.
 */
export class RedisLimitStore implements LimitStore, ThrottlerStorage {
  readonly increment: ThrottlerStorage['increment'];
  readonly #state: SharedState;
  readonly #memory: MemoryRateLimitStore;
  readonly #outage: LimitOutage;
  readonly #instances: number;

  constructor({ state, memory, instances, ...outage }: RedisLimitStoreOptions) {
    this.#state = state;
    this.#memory = memory;
    this.#instances = instances;
    this.#outage = new LimitOutage({
      ...outage,
      probe: () => this.#run(PROBE_KEY, 1, PROBE_WINDOW_MS, 1, 0),
    });
    this.increment = this.#throttler();
  }

  open({ bucket, windowMs, limit, fail }: LimitRule): Limiter {
    const prefix = keyPrefix(bucket, windowMs);
    const share = this.#share(limit);
    const window = this.#memory.open(bucket, windowMs);
    const hit = this.#outage.guard<[key: string, cost: number], Count>({
      fail,
      passed: PASSED,
      ask: (key, cost) => this.#run(`${prefix}${key}}`, limit, windowMs, cost, 0),
      local: (key, cost) => {
        const { hits, resetSeconds } = window.hit(key, share, cost);
        // What the other instances may let through counts as used, so that what remains is what remains here.
        return { hits: limit - share + hits, resetSeconds, store: 'local' };
      },
    });
    return { hit };
  }

  /** As @nestjs/throttler asks: lengths in milliseconds, answers in seconds. */
  #throttler(): ThrottlerStorage['increment'] {
    const increment = this.#outage.guard<Parameters<ThrottlerStorage['increment']>, ThrottlerRecord>({
      fail: undefined,
      passed: PASSED_RECORD,
      ask: async (key, ttl, limit, blockDuration, name) => {
        const block = blockDuration === ttl ? 0 : blockDuration;
        const redisKey = `${keyPrefix(`${name} throttler`, ttl)}${key}}`;
        const { hits, resetSeconds } = await this.#run(redisKey, limit, ttl, 1, block);
        const isBlocked = hits > limit;
        const timeToBlockExpire = isBlocked ? resetSeconds : 0;
        return { totalHits: hits, timeToExpire: resetSeconds, isBlocked, timeToBlockExpire };
      },
      local: (key, ttl, limit, blockDuration, name) =>
        this.#memory.increment(key, ttl, this.#share(limit), blockDuration, name),
    });
    return async (...args) => increment(...args);
  }

  #share(limit: number): number {
    return Math.max(1, Math.floor(limit / this.#instances));
  }

  async #run(key: string, limit: number, windowMs: number, cost: number, blockMs: number): Promise<Count> {
    const answer = await this.#state.run(
      FIXED_WINDOW_SCRIPT,
      [key, `${key}:block`],
      [limit, windowMs, cost, blockMs],
    );
    const [hits, leftMs] = answer as [number, number];
    return { hits, resetSeconds: Math.ceil(leftMs / 1000) };
  }
}

/** Escaped, so that no bucket's name can end where another's key begins. Bucket and key are one hash tag: one slot. */
function keyPrefix(bucket: string, windowMs: number): string {
  return `${LIMIT_KEY_PREFIX}{${encodeURIComponent(bucket)}|${windowMs}|`;
}
