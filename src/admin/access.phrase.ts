import type { AccessRequirement, RouteAccess } from '../contracts/route-access.js';

/** Who is let in, in words: `known by jwt or api-key`, `anybody`. */
export function callersPhrase({ isPublic, requirements }: RouteAccess): string {
  if (isPublic) return 'anybody';
  const methods = requirements.filter(({ kind }) => kind === 'authentication').map(namesOf);
  const parts = methods.length === 0 ? [] : [`known by ${methods.join(' and ')}`];
  if (requirements.some(({ kind }) => kind === 'anonymous')) parts.push('anonymous');
  return parts.length === 0 ? 'anybody' : parts.join(' or ');
}

/** What whoever is let in must have, one phrase each. */
export function needsPhrases({ requirements }: RouteAccess): readonly string[] {
  return requirements.flatMap((asked) => needPhrase(asked) ?? []);
}

/** Both in one. */
export function accessPhrase(access: RouteAccess): string {
  const needs = needsPhrases(access);
  return needs.length === 0 ? callersPhrase(access) : `${callersPhrase(access)}, with ${needs.join(', ')}`;
}

function needPhrase(asked: AccessRequirement): string | undefined {
  switch (asked.kind) {
    case 'authentication':
    case 'anonymous':
      return undefined;
    case 'scope':
    case 'role':
    case 'group':
      return `${asked.kind} ${namesOf(asked)}`;
    case 'not-group':
      return `no group ${namesOf(asked)}`;
    case 'address':
      return `an address of ${namesOf(asked)}`;
    case 'not-address':
      return `no address of ${namesOf(asked)}`;
    case 'rule':
      return ['a rule', ...asked.names.filter((name) => name !== '' && name !== 'rule')].join(' ');
  }
}

function namesOf({ match, names }: AccessRequirement): string {
  return names.join(match === 'all' ? ' and ' : ' or ');
}
