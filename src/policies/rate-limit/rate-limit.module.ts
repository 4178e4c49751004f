import { type DynamicModule, Module } from '@nestjs/common';
import { getOptionsToken, getStorageToken, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { CLOCK, type Clock } from '../../contracts/clock.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RateLimitPolicy } from './rate-limit.policy.js';
import { MemoryRateLimitStore } from './rate-limit.store.js';
import { defaultThrottlers } from './throttler.declarations.js';
import { ThrottlerReader } from './throttler.reader.js';

/** Options of @nestjs/throttler, every one optional, with the size of the embedded store. */
export type RateLimitModuleOptions = Partial<Exclude<ThrottlerModuleOptions, unknown[]>> & {
  /** Keys the embedded store holds at most. Default 1000000. Without meaning when `storage` is given. */
  readonly maxKeys?: number;
};

/**
 * Provides everything rate limits stand on, under @nestjs/throttler's own tokens: options, storage, policy and guard.
 *
 * Any `ThrottlerStorage` works as `storage`; without one the embedded store counts in this process's memory.
 */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class, also one that is only configured.
export class RateLimitModule {
  static forRoot(options: RateLimitModuleOptions = {}): DynamicModule {
    const { maxKeys, storage, ...rest } = options;
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
          inject: [{ token: CLOCK, optional: true }],
          useFactory: (clock?: Clock) =>
            storage ??
            new MemoryRateLimitStore({
              ...(maxKeys === undefined ? {} : { maxKeys }),
              ...(clock === undefined ? {} : { clock }),
            }),
        },
        RateLimitPolicy,
        RateLimitGuard,
        ThrottlerReader,
      ],
      exports: [getOptionsToken(), getStorageToken(), RateLimitPolicy, RateLimitGuard, ThrottlerReader],
    };
  }
}
