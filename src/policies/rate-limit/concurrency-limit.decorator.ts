import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { bucketDecorator } from './bucket-decorator.js';
import { CONCURRENCY_LIMIT, type ConcurrencyLimitOptions } from './concurrency-limit.options.js';

/**
 * Limits how many requests of a caller run at the same time; 429 with `Retry-After` beyond. A request runs until the last
 * byte of its answer, a WebSocket until it is closed.
 *
 * On a controller the limit is shared by its routes; on a method it stands alone, in place of the controller's.
 *
 * @example `@ConcurrencyLimit({ limit: 5, by: 'consumer' })`
 */
export function ConcurrencyLimit(options: ConcurrencyLimitOptions): ClassDecorator & MethodDecorator {
  return bucketDecorator((bucket) =>
    declarePolicy({
      policy: CONCURRENCY_LIMIT,
      options: Object.freeze({ bucket, ...options }),
      writtenAs: '@ConcurrencyLimit',
    }),
  );
}

/**
 * The same for all routes, to stand in `GatewayModule.forRoot({ defaults: […] })`.
 *
 * @example `defaults: [concurrencyLimit({ limit: 100, by: 'address' })]`
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions): PolicyDeclaration {
  return Object.freeze({
    policy: CONCURRENCY_LIMIT,
    options: Object.freeze({ ...options }),
    writtenAs: 'concurrencyLimit()',
  });
}

/**
 * Takes a controller's or the gateway's concurrency limit off a route.
 *
 * @param why shown in the boot table: `a download may take an hour`
 */
export function NoConcurrencyLimit(why: string): ClassDecorator & MethodDecorator {
  return declareOff(CONCURRENCY_LIMIT, '@NoConcurrencyLimit', why);
}
