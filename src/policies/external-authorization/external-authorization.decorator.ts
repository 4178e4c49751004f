import { declareOff, declarePolicy } from '../../contracts/policy.js';
import type { ExternalAuthorizationOptions } from './external-authorization.options.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const EXTERNAL_AUTHORIZATION = 'external-authorization';

/**
 * Asks a server of the team's own whether a request may pass: 2xx lets it through, 401 and 403 refuse it, and whatever
 * else comes back, or does not, refuses it too (503). The body is never sent.
 *
 * @example
 * ```ts
 * @ExternalAuthorization({ url: env('AUTHZ_URL'), forwardHeaders: ['Cookie'], upstreamHeaders: ['X-User'] })
 * ```
 */
export function ExternalAuthorization(
  options: ExternalAuthorizationOptions,
): ClassDecorator & MethodDecorator {
  return declarePolicy({
    policy: EXTERNAL_AUTHORIZATION,
    options: Object.freeze({ ...options }),
    writtenAs: '@ExternalAuthorization',
  });
}

/**
 * Takes a controller's or the gateway's external authorization off a route.
 *
 * @param why shown in the boot table: `the price list is for everybody`
 */
export function NoExternalAuthorization(why: string): ClassDecorator & MethodDecorator {
  return declareOff(EXTERNAL_AUTHORIZATION, '@NoExternalAuthorization', why);
}
