import { type DynamicModule, Module } from '@nestjs/common';
import { getOptionsToken, getStorageToken, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { CLOCK, type Clock } from '../../contracts/clock.js';
import { LIMIT_OBSERVER, type LimitObserver } from '../../contracts/limit-observer.js';
import { SHARED_STATES, type SharedStates } from '../../contracts/redis-server.js';
import { SHARED_STATE, type SharedState } from '../../contracts/shared-state.js';
import { AdmissionLimitGuard } from './admission-limit.guard.js';
import { AdmissionLimitPolicy } from './admission-limit.policy.js';
import { ConcurrencyLimitGuard } from './concurrency-limit.guard.js';
import { ConcurrencyLimitPolicy } from './concurrency-limit.policy.js';
import { Limits } from './limits.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RateLimitPolicy } from './rate-limit.policy.js';
import { type RateLimitStorageOptions, rateLimitStorage } from './rate-limit.storage.js';
import { LimitStores } from './stores/limit-stores.js';
import { defaultThrottlers } from './throttler/throttler.declarations.js';
import { ThrottlerReader } from './throttler/throttler.reader.js';

/** Options of @nestjs/throttler, every one optional, with what the gateway's own storage is told. */
export type RateLimitModuleOptions = Partial<Exclude<ThrottlerModuleOptions, unknown[]>> &
  RateLimitStorageOptions;

const PARTS = [
  Limits,
  AdmissionLimitPolicy,
  AdmissionLimitGuard,
  RateLimitPolicy,
  RateLimitGuard,
  ConcurrencyLimitPolicy,
  ConcurrencyLimitGuard,
  ThrottlerReader,
];

/**
 * Provides everything rate limits stand on, under @nestjs/throttler's own tokens: options, storage, policy and guard.
 *
 * Any `ThrottlerStorage` works as `storage`; without one limits are counted in Redis
 * where instances share one (`REDIS_URL`), else in this process's memory.
 */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class, also one that is only configured.
export class RateLimitModule {
  static forRoot(options: RateLimitModuleOptions = {}): DynamicModule {
    const { maxKeys, fail, instances, storage, ...rest } = options;
    const own: RateLimitStorageOptions = {
      ...(maxKeys === undefined ? {} : { maxKeys }),
      ...(fail === undefined ? {} : { fail }),
      ...(instances === undefined ? {} : { instances }),
    };
    const throttler: ThrottlerModuleOptions = {
      ...rest,
      throttlers: options.throttlers ?? defaultThrottlers(),
    };
    return {
      module: RateLimitModule,
      // Guards are made in the module of the controller that uses them, so their parts must be known everywhere.
      global: true,
      providers: [
        { provide: getOptionsToken(), useValue: throttler },
        {
          provide: getStorageToken(),
          // Made for each application: two that start from one module, as tests do, must not count together.
          inject: [
            { token: SHARED_STATE, optional: true },
            { token: CLOCK, optional: true },
            { token: LIMIT_OBSERVER, optional: true },
          ],
          useFactory: (state?: SharedState, clock?: Clock, observer?: LimitObserver) =>
            storage ?? rateLimitStorage(own, { state, clock, observer }),
        },
        {
          provide: LimitStores,
          inject: [
            { token: SHARED_STATE, optional: true },
            { token: SHARED_STATES, optional: true },
            { token: CLOCK, optional: true },
            { token: LIMIT_OBSERVER, optional: true },
          ],
          useFactory: (state?: SharedState, states?: SharedStates, clock?: Clock, observer?: LimitObserver) =>
            new LimitStores({ ...own, state, states, clock, observer }),
        },
        ...PARTS,
      ],
      exports: [getOptionsToken(), getStorageToken(), LimitStores, ...PARTS],
    };
  }
}
