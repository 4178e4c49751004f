import type { ThrottlerStorage } from '@nestjs/throttler';
import { type Clock, systemClock } from '../../contracts/clock.js';
import { ConfigError } from '../../contracts/config-problem.js';
import { type LimitObserver, SILENT_LIMIT_OBSERVER } from '../../contracts/limit-observer.js';
import { checkOptions, type OptionRules } from '../../contracts/option-check.js';
import type { SharedState } from '../../contracts/shared-state.js';
import { FAIL_MODES } from './rate-limit.options.js';
import type { RateLimitFail } from './stores/limit-store.js';
import { MemoryRateLimitStore } from './stores/memory-rate-limit.store.js';
import { RedisLimitStore } from './stores/redis/redis-limit.store.js';

/** Where limits are counted that are given no storage. */
export interface RateLimitStorageOptions {
  /** Keys held in memory at most. Default 1000000. Without meaning when `storage` is given. */
  readonly maxKeys?: number;
  /**
   * What happens while Redis cannot be asked, where a limit does not say: `open` lets everybody pass, `closed` answers
   * 503, `local` counts in this process's memory. Default `local`.
   */
  readonly fail?: RateLimitFail;
  /**
   * How many instances run, so that each takes its share of a limit (rounded down, 1 at least) while it counts
   * alone. Default 1: each takes the whole limit.
   */
  readonly instances?: number;
}

/** What the storage stands on, as far as there is any. */
export interface RateLimitStorageParts {
  readonly state: SharedState | undefined;
  readonly clock: Clock | undefined;
  readonly observer: LimitObserver | undefined;
}

const RATE_LIMIT_STORAGE_DEFAULTS = { fail: 'local', instances: 1 } as const;

/**
 * The gateway's own storage: Redis where instances share one, else this process's memory.
 *
 * @throws ConfigError when an option is none
 */
export function rateLimitStorage(
  given: RateLimitStorageOptions,
  parts: RateLimitStorageParts,
): ThrottlerStorage {
  const problems = checkOptions('rateLimit', '', given, RULES);
  if (problems.length > 0) throw new ConfigError(problems);
  const { clock = systemClock, state, observer = SILENT_LIMIT_OBSERVER } = parts;
  const { maxKeys, fail, instances } = { ...RATE_LIMIT_STORAGE_DEFAULTS, ...given };
  const memory = new MemoryRateLimitStore({
    clock,
    keyEvicted: () => observer.keyEvicted(),
    ...(maxKeys === undefined ? {} : { maxKeys }),
  });
  return state === undefined
    ? memory
    : new RedisLimitStore({ state, memory, instances, fail, clock, observer });
}

const positive = (value: unknown): string | undefined =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'a whole number above 0';

const RULES: OptionRules<RateLimitStorageOptions> = {
  maxKeys: positive,
  fail: (value) => (FAIL_MODES.includes(value as string) ? undefined : FAIL_MODES.join(', ')),
  instances: positive,
};
