import { declarePolicy } from '../../contracts/policy.js';
import type { Claims } from '../../contracts/principal.js';
import { AUTHORIZE, type AuthorizeOptions, type AuthorizeRule } from './authorize.options.js';

/**
 * Lets only callers through who may do this: 403 for all others.
 *
 * @example
 * ```ts
 * @Authorize({ anyScope: ['users:read', 'users:admin'], roles: ['support'] })
 * @Authorize<UserClaims, 'id'>((claims, call) => claims.sub === call.params.id)
 * @Authorize({ groups: ['partners'], denyGroups: ['suspended'] })
 * ```
 */
export function Authorize<C extends object = Claims, Params extends string = string>(
  required: AuthorizeRule<C, Params> | AuthorizeOptions,
): ClassDecorator & MethodDecorator {
  // The type parameters are the team's word for what its issuer signs and its route is called with; both are handed
  // over as they are.
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
