import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Count } from './fixed-window.js';
import type { Limiter, LimitRule, LimitStore } from './limit-store.js';

/** Any `ThrottlerStorage` as a limit store. Its port knows no cost, so a hit that costs more is as many increments. */
export class ThrottlerLimitStore implements LimitStore {
  constructor(private readonly storage: ThrottlerStorage) {}

  open({ bucket, windowMs, limit, name }: LimitRule): Limiter {
    const increment = async (key: string): Promise<Count> => {
      const record = await this.storage.increment(`${bucket}:${key}`, windowMs, limit, windowMs, name);
      return record.isBlocked
        ? { hits: limit + 1, resetSeconds: record.timeToBlockExpire }
        : { hits: Math.min(record.totalHits, limit), resetSeconds: record.timeToExpire };
    };
    return {
      hit: async (key, cost) => {
        let count = await increment(key);
        for (let paid = 1; paid < cost && count.hits <= limit; paid++) count = await increment(key);
        return count;
      },
    };
  }
}
