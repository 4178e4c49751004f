import { declarePolicy } from '../../contracts/policy.js';
import { AUTHENTICATE, authenticateWith } from './authenticate.options.js';
import type { AuthenticationDescriptor } from './authentication-method.js';

/**
 * Lets only requests with a verified credential through: 401 for all others.
 *
 * Without an argument it means the method given to `GatewayModule.forRoot({ authentication })`.
 *
 * @example
 * ```ts
 * @Authenticate(jwt({ audience: 'orders' }))
 * ```
 */
export function Authenticate(method?: AuthenticationDescriptor): ClassDecorator & MethodDecorator {
  return declarePolicy(authenticateWith(method, '@Authenticate'));
}

/** Lets everybody in: the route needs no credential, and one that is sent is not looked at. */
export function Public(): ClassDecorator & MethodDecorator {
  return declarePolicy({ policy: AUTHENTICATE, options: undefined, writtenAs: '@Public' });
}
