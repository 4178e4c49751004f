import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { ADMISSION_LIMIT, type AdmissionLimitOptions } from './admission-limit.options.js';
import { bucketDecorator } from './bucket-decorator.js';

/**
 * Limits how often a route may be called before anybody is asked who he is: 429 with `Retry-After` beyond, whatever
 * credential came. It stands beside a `@RateLimit`, which counts callers once they are known.
 *
 * On a controller the limit is shared by its routes; on a method it stands alone, in place of the controller's.
 *
 * @example `@AdmissionLimit({ limit: 300, window: '1m' })`
 */
export function AdmissionLimit(options: AdmissionLimitOptions): ClassDecorator & MethodDecorator {
  return bucketDecorator((bucket) =>
    declarePolicy({
      policy: ADMISSION_LIMIT,
      options: Object.freeze({ bucket, ...options }),
      writtenAs: '@AdmissionLimit',
    }),
  );
}

/**
 * The same for all routes, to stand in `GatewayModule.forRoot({ defaults: […] })`.
 *
 * @example `defaults: [admissionLimit({ limit: 5000, window: '1s', by: 'global' })]`
 */
export function admissionLimit(options: AdmissionLimitOptions): PolicyDeclaration {
  return Object.freeze({
    policy: ADMISSION_LIMIT,
    options: Object.freeze({ ...options }),
    writtenAs: 'admissionLimit()',
  });
}

/**
 * Takes a controller's or the gateway's limit before identity off a route.
 *
 * @param why shown in the boot table: `called by the load balancer every second`
 */
export function NoAdmissionLimit(why: string): ClassDecorator & MethodDecorator {
  return declareOff(ADMISSION_LIMIT, '@NoAdmissionLimit', why);
}
