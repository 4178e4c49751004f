import type { ThrottlerStorage } from '@nestjs/throttler';
import type { ConcurrencyRule, Limiter, LimitRule, LimitStore, Verdict } from './limit-store.js';

/** Any `ThrottlerStorage` as a limit store, as far as its port goes: one window from a key's first request on, one by one. */
export class ThrottlerLimitStore implements LimitStore {
  readonly countsIn = 'in the storage given';

  constructor(private readonly storage: ThrottlerStorage) {}

  unsupported(rule: LimitRule | ConcurrencyRule): string | undefined {
    const mend = 'leave the storage out, or give one that is a LimitStore';
    if (!('meters' in rule)) return `the storage given knows no places; ${mend}.`;
    const [meter, second] = rule.meters;
    if (second !== undefined) return `the storage given counts one window for each limit; ${mend}.`;
    if (meter?.algorithm !== 'fixed-window') {
      return `the storage given counts fixed windows, and no ${meter?.algorithm}; ${mend}.`;
    }
    if (rule.countRefused === true) return `the storage given does not count refused requests; ${mend}.`;
    return rule.costs === true
      ? 'cost is given, but the store counts requests one by one; leave it out, or the storage.'
      : undefined;
  }

  open({ bucket, meters, name }: LimitRule): Limiter {
    const [{ limit, windowMs }] = meters as [LimitRule['meters'][number]];
    return {
      hit: async (key, cost): Promise<Verdict> => {
        // Whoever only looks must not use up what is a client's.
        if (cost === 0) throw new Error('The storage given cannot be asked without counting.');
        const record = await this.storage.increment(`${bucket}:${key}`, windowMs, limit, windowMs, name);
        const { isBlocked, totalHits, timeToExpire, timeToBlockExpire } = record;
        const resetMs = (isBlocked ? timeToBlockExpire : timeToExpire) * 1000;
        const remaining = isBlocked ? 0 : Math.max(0, limit - totalHits);
        return { passed: !isBlocked, retryMs: isBlocked ? resetMs : 0, standings: [{ remaining, resetMs }] };
      },
      reset: () => {
        throw new Error('The storage given cannot reset a key.');
      },
    };
  }

  openPlaces(): never {
    throw new TypeError('A ThrottlerStorage knows no places.');
  }
}
