import { systemClock } from '../../src/contracts/clock.js';
import { SILENT_LIMIT_OBSERVER } from '../../src/contracts/limit-observer.js';
import type { SharedState } from '../../src/contracts/shared-state.js';
import { MemoryRateLimitStore } from '../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { RedisLimitStore } from '../../src/policies/rate-limit/stores/redis/redis-limit.store.js';

/**
 * The store of limits over some state. Whoever decides without Redis shows up as a 503.
 *
 * @param told gets `lost` and `back`
 */
export function redisLimitStore(state: SharedState, told: string[]): RedisLimitStore {
  return new RedisLimitStore({
    state,
    memory: new MemoryRateLimitStore(),
    instances: 1,
    fail: 'closed',
    clock: systemClock,
    observer: {
      ...SILENT_LIMIT_OBSERVER,
      storeLost: () => told.push('lost'),
      storeBack: () => told.push('back'),
    },
  });
}

/** Counts one hit of a limit that nobody reaches. */
export async function hitOnce(store: RedisLimitStore, key = 'anna'): Promise<unknown> {
  const meter = { algorithm: 'fixed-window', windowMs: 60_000, calendar: undefined } as const;
  const meters = [{ ...meter, limit: 1_000_000, burst: 1_000_000 }];
  return store.open({ bucket: 'orders', meters, name: 'default' }).hit(key, 1);
}
