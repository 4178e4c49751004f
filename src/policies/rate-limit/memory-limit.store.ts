import type { Limiter, LimitRule, LimitStore } from './limit-store.js';
import type { MemoryRateLimitStore } from './rate-limit.store.js';

/** The embedded store as limits see it: counts without a promise. */
export class MemoryLimitStore implements LimitStore {
  constructor(private readonly memory: MemoryRateLimitStore) {}

  open({ bucket, windowMs, limit }: LimitRule): Limiter {
    const window = this.memory.open(bucket, windowMs);
    return { hit: (key, cost) => window.hit(key, limit, cost) };
  }
}
