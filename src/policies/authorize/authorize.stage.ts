import { claimReader } from '../../contracts/claim-reader.js';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { AUTHORIZE, AUTHORIZE_DEFAULTS, type AuthorizeOptions } from './authorize.options.js';
import { holdsRole } from './role-claim.js';

/**
 * Decides whether a verified caller may pass: 1. scopes, all of them, 2. scopes, any of them, 3. roles, 4. the rule.
 * Ends the exchange with 403; without a principal with 401, whatever the route says.
 */
export function authorizeStage(options: AuthorizeOptions): (exchange: Exchange) => void {
  const { allScopes = [], anyScope = [], roles = [], rule } = options;
  const readRoles = claimReader(options.rolesClaim ?? AUTHORIZE_DEFAULTS.rolesClaim);
  const wanted = new Set(roles);

  return (exchange) => {
    const principal = exchange.principal;
    if (principal === undefined) throw unauthenticated();
    // 1.
    for (const scope of allScopes) {
      if (!principal.scopes.has(scope)) throw insufficientScope(allScopes, 'These scopes are required');
    }
    // 2.
    if (anyScope.length > 0 && !anyScope.some((scope) => principal.scopes.has(scope))) {
      throw insufficientScope(anyScope, 'One of these scopes is required');
    }
    // 3.
    if (wanted.size > 0 && !holdsRole(readRoles(principal.claims), wanted)) throw forbidden();
    // 4. Compared with true, so that a rule that returns a promise or a truthy value by mistake lets nobody in.
    if (rule !== undefined && rule(principal.claims, exchange) !== true) throw forbidden();
  };
}

/** RFC 6750, section 3.1: which scopes would have been enough. They are the route's, not the token's. */
function insufficientScope(scopes: readonly string[], sentence: string): GatewayError {
  const list = scopes.join(' ');
  const detail = `${sentence}: ${list}`;
  return new GatewayError('forbidden', {
    detail,
    headers: [
      'WWW-Authenticate',
      `Bearer error="insufficient_scope", error_description="${detail}", scope="${list}"`,
    ],
    policy: AUTHORIZE,
  });
}

/** What a role or a rule asks for is the team's own affair; the client is not told. */
function forbidden(): GatewayError {
  return new GatewayError('forbidden', { policy: AUTHORIZE });
}

function unauthenticated(): GatewayError {
  return new GatewayError('unauthenticated', { headers: ['WWW-Authenticate', 'Bearer'], policy: AUTHORIZE });
}
