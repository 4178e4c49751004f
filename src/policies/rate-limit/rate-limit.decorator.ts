import { declareOff, declarePolicy } from '../../contracts/policy.js';
import { declarationName } from './declaration-name.js';
import type { RateLimitOptions } from './rate-limit.options.js';
import { RATE_LIMIT } from './rate-limit.stage.js';

/**
 * Limits how often a route may be called; 429 with `Retry-After` beyond.
 *
 * On a controller the limit is shared by its routes: 1000 a minute means 1000 for the whole controller. On a method
 * it stands alone, in place of the controller's.
 *
 * @example `@RateLimit({ limit: 1000, window: '1m', by: 'subject' })`
 */
export function RateLimit(options: RateLimitOptions): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const declaring = (typeof target === 'function' ? target : target.constructor) as new () => unknown;
    const bucket = declarationName(declaring, key === undefined ? undefined : String(key));
    const declare = declarePolicy({
      policy: RATE_LIMIT,
      options: Object.freeze({ bucket, ...options }),
      writtenAs: '@RateLimit',
    });
    apply(declare, target, key, descriptor);
  };
}

/**
 * Takes a controller's or the gateway's limit off a route.
 *
 * @param why shown in the boot table: `called by the load balancer every second`
 */
export function NoRateLimit(why: string): ClassDecorator & MethodDecorator {
  return declareOff(RATE_LIMIT, '@NoRateLimit', why);
}

function apply(
  decorator: ClassDecorator & MethodDecorator,
  target: object,
  key: string | symbol | undefined,
  descriptor: PropertyDescriptor | undefined,
): void {
  if (key === undefined || descriptor === undefined)
    (decorator as ClassDecorator)(target as new () => unknown);
  else (decorator as MethodDecorator)(target, key, descriptor);
}
