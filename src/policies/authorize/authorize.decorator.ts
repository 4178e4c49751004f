import { declarePolicy } from '../../contracts/policy.js';
import type { Claims } from '../../contracts/principal.js';
import { AUTHORIZE, type AuthorizeOptions, type AuthorizeRule } from './authorize.options.js';

/**
 * Lets only callers through who may do this: 403 for all others.
 *
 * @example
 * ```ts
 * @Authorize({ anyScope: ['users:read', 'users:admin'], roles: ['support'] })
 * @Authorize<UserClaims>((claims, exchange) => claims.sub === exchange.param('id'))
 * ```
 */
export function Authorize<C extends object = Claims>(
  required: AuthorizeRule<C> | AuthorizeOptions,
): ClassDecorator & MethodDecorator {
  // The type parameter is the team's word for what its issuer signs; the claims are handed over as they are.
  const options = typeof required === 'function' ? { rule: required as unknown as AuthorizeRule } : required;
  return declarePolicy({
    policy: AUTHORIZE,
    options: Object.freeze({ ...options }),
    writtenAs: '@Authorize',
  });
}

/** Lets only callers through whose credential carries all of these scopes. */
export function RequireScope(...scopes: [string, ...string[]]): ClassDecorator & MethodDecorator {
  const options: AuthorizeOptions = Object.freeze({ allScopes: Object.freeze([...scopes]) });
  return declarePolicy({ policy: AUTHORIZE, options, writtenAs: '@RequireScope' });
}
