import { claimReader } from '../../contracts/claim-reader.js';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Principal } from '../../contracts/principal.js';
import { AuthorizationCall } from './authorization-call.js';
import {
  AUTHORIZE,
  AUTHORIZE_DEFAULTS,
  type AuthorizeOptions,
  type AuthorizeReason,
} from './authorize.options.js';
import { namesOneOf } from './names-one-of.js';

/**
 * Decides whether a verified caller may pass: 1. groups that are refused, 2. scopes, all of them, 3. scopes, any of
 * them, 4. roles, 5. groups that are let in, 6. the rule. Ends the exchange with 403; without a principal with 401,
 * whatever the route says.
 */
export function authorizeStage(options: AuthorizeOptions): (exchange: Exchange) => void {
  const { allScopes = [], anyScope = [], rule } = options;
  const readRoles = claimReader(options.rolesClaim ?? AUTHORIZE_DEFAULTS.rolesClaim);
  const roles = new Set(options.roles);
  const inOneOf = groupTest(options.groupsClaim);
  const groups = new Set(options.groups);
  const denied = new Set(options.denyGroups);

  return (exchange) => {
    const principal = exchange.principal;
    if (principal === undefined) throw unauthenticated();
    // 1.
    if (denied.size > 0 && inOneOf(principal, denied)) throw forbidden('group-denied');
    // 2.
    for (const scope of allScopes) {
      if (!principal.scopes.has(scope)) throw insufficientScope(allScopes, 'These scopes are required');
    }
    // 3.
    if (anyScope.length > 0 && !anyScope.some((scope) => principal.scopes.has(scope))) {
      throw insufficientScope(anyScope, 'One of these scopes is required');
    }
    // 4.
    if (roles.size > 0 && !namesOneOf(readRoles(principal.claims), roles)) throw forbidden('role-missing');
    // 5.
    if (groups.size > 0 && !inOneOf(principal, groups)) throw forbidden('group-missing');
    // 6. Compared with true, so that a rule that returns a promise or a truthy value by mistake lets nobody in.
    if (rule !== undefined && rule(principal.claims, new AuthorizationCall(exchange, principal)) !== true) {
      throw forbidden('rule-refused');
    }
  };
}

type GroupTest = (principal: Principal, names: ReadonlySet<string>) => boolean;

/** Whether somebody is in one of some groups: by the consumer, and by the claim where one is named. */
function groupTest(claim: string | undefined): GroupTest {
  const byConsumer: GroupTest = ({ consumer }, names) => {
    for (const group of consumer?.groups ?? []) if (names.has(group)) return true;
    return false;
  };
  if (claim === undefined) return byConsumer;
  const read = claimReader(claim);
  return (principal, names) => byConsumer(principal, names) || namesOneOf(read(principal.claims), names);
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
    reason: 'scope-missing',
  });
}

/** Which roles, groups or rule are asked for is the team's own affair; the client reads the kind alone. */
function forbidden(reason: Exclude<AuthorizeReason, 'scope-missing'>): GatewayError {
  return new GatewayError('forbidden', { policy: AUTHORIZE, reason });
}

function unauthenticated(): GatewayError {
  return new GatewayError('unauthenticated', { headers: ['WWW-Authenticate', 'Bearer'], policy: AUTHORIZE });
}
