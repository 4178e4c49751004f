import { declareOff, declarePolicy } from '../../contracts/policy.js';
import { bucketDecorator } from './bucket-decorator.js';
import { RATE_LIMIT, type RateLimitOptions } from './rate-limit.options.js';

/**
 * Limits how often a route may be called; 429 with `Retry-After` beyond.
 *
 * On a controller the limit is shared by its routes: 1000 a minute means 1000 for the whole controller. On a method
 * it stands alone, in place of the controller's.
 *
 * @example `@RateLimit({ limit: 1000, window: '1m', by: 'subject' })`
 */
export function RateLimit(options: RateLimitOptions): ClassDecorator & MethodDecorator {
  return bucketDecorator((bucket) =>
    declarePolicy({
      policy: RATE_LIMIT,
      options: Object.freeze({ bucket, ...options }),
      writtenAs: '@RateLimit',
    }),
  );
}

/**
 * Takes a controller's or the gateway's limit off a route.
 *
 * @param why shown in the boot table: `called by the load balancer every second`
 */
export function NoRateLimit(why: string): ClassDecorator & MethodDecorator {
  return declareOff(RATE_LIMIT, '@NoRateLimit', why);
}
