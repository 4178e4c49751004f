import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { AccessRequirement } from '../../contracts/route-access.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { AUTHORIZE, AUTHORIZE_DEFAULTS, type AuthorizeOptions, checkAuthorize } from './authorize.options.js';
import { authorizeStage } from './authorize.stage.js';

/** The permission policy: scopes, roles, groups and rules over whoever the identity policy verified. */
@Injectable()
export class AuthorizePolicy implements Policy<AuthorizeOptions> {
  readonly name = AUTHORIZE;

  stage(): StageName {
    return 'authorization';
  }

  check(options: AuthorizeOptions, route: RouteFacts): readonly string[] {
    const problems = checkAuthorize(options);
    if (route.authenticated) return problems;
    return [
      ...problems,
      'nobody is authenticated here, so nobody could pass; add @Authenticate() or take @Public() away.',
    ];
  }

  compile(options: AuthorizeOptions): CompiledPolicy {
    return { before: authorizeStage(options) };
  }

  describe(options: AuthorizeOptions): string {
    const { allScopes, anyScope, roles, rolesClaim = AUTHORIZE_DEFAULTS.rolesClaim, rule } = options;
    const { groups, denyGroups, groupsClaim } = options;
    const parts: string[] = [];
    if (allScopes !== undefined) parts.push(`scope ${allScopes.join(' ')}`);
    if (anyScope !== undefined) parts.push(`any scope of ${anyScope.join(' ')}`);
    if (roles !== undefined) {
      const where = rolesClaim === AUTHORIZE_DEFAULTS.rolesClaim ? '' : ` in ${rolesClaim}`;
      parts.push(`role ${roles.join(' or ')}${where}`);
    }
    const also = groupsClaim === undefined ? '' : ` (also in ${groupsClaim})`;
    if (groups !== undefined) parts.push(`group ${groups.join(' or ')}${also}`);
    if (denyGroups !== undefined) parts.push(`not group ${denyGroups.join(' or ')}${also}`);
    if (rule !== undefined)
      parts.push(rule.name === '' || rule.name === 'rule' ? 'rule' : `rule ${rule.name}`);
    return parts.join(', ');
  }

  access(options: AuthorizeOptions): readonly AccessRequirement[] {
    const { allScopes, anyScope, roles, groups, denyGroups, rule } = options;
    const requirements: AccessRequirement[] = [];
    if (denyGroups !== undefined) requirements.push({ kind: 'not-group', match: 'any', names: denyGroups });
    if (allScopes !== undefined) requirements.push({ kind: 'scope', match: 'all', names: allScopes });
    if (anyScope !== undefined) requirements.push({ kind: 'scope', match: 'any', names: anyScope });
    if (roles !== undefined) requirements.push({ kind: 'role', match: 'any', names: roles });
    if (groups !== undefined) requirements.push({ kind: 'group', match: 'any', names: groups });
    if (rule !== undefined) requirements.push({ kind: 'rule', match: 'all', names: [rule.name] });
    return requirements;
  }
}
