import type { AccessRequirement, RouteAccess } from '../../contracts/route-access.js';
import type { KongPlugin } from '../kong-plugins.js';

/** Who may call a route, as its plugins say. */
export function kongAccess(plugins: readonly KongPlugin[]): RouteAccess {
  const requirements = plugins.flatMap(requirementsOf);
  return { isPublic: !requirements.some(({ kind }) => kind === 'authentication'), requirements };
}

function requirementsOf(plugin: KongPlugin): readonly AccessRequirement[] {
  switch (plugin.name) {
    case 'jwt':
    case 'key-auth':
    case 'basic-auth': {
      const asked: AccessRequirement = { kind: 'authentication', match: 'any', names: [plugin.name] };
      const { anonymous } = plugin.config;
      return anonymous === undefined
        ? [asked]
        : [asked, { kind: 'anonymous', match: 'any', names: [anonymous] }];
    }
    case 'acl':
      return [...listed('group', plugin.config.allow), ...listed('not-group', plugin.config.deny)];
    case 'ip-restriction':
      return [...listed('address', plugin.config.allow), ...listed('not-address', plugin.config.deny)];
    default:
      return [];
  }
}

function listed(
  kind: AccessRequirement['kind'],
  names: readonly string[] | undefined,
): readonly AccessRequirement[] {
  return names === undefined || names.length === 0 ? [] : [{ kind, match: 'any', names }];
}
