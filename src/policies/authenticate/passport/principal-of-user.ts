import { type Claims, type Principal, principalOf } from '../../../contracts/principal.js';
import { scopesOf } from '../scopes.js';
import { type NamedPassportOptions, PASSPORT } from './passport.options.js';

/** The principal of what a strategy gave: by default, or by the team's own function over it. */
export function principalOfUser(
  user: unknown,
  info: unknown,
  { name, principal: make }: NamedPassportOptions,
): Principal {
  const method = `${PASSPORT}:${name}`;
  if (make === undefined) return principalOf({ ...byDefault(user, info), method });
  const own = make(user as never, info);
  if (typeof own !== 'object' || own === null || own instanceof Promise) {
    throw new TypeError('The principal function of a passport strategy must return an object at once.');
  }
  return principalOf({ ...byDefault(user, info), ...own, method });
}

function byDefault(user: unknown, info: unknown): Partial<Principal> {
  if (typeof user === 'string') return { subject: user, scopes: grantedIn(fieldsOf(info)) };
  const claims = fieldsOf(user);
  const scopes = grantedIn(claims);
  return {
    subject: textOf(claims['sub'] ?? claims['id'] ?? claims['username']),
    scopes: scopes.size > 0 ? scopes : grantedIn(fieldsOf(info)),
    claims: Object.freeze(claims),
  };
}

/** Own fields alone, in an object of ours: the user may be an entity with a life of its own. */
const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? ({ ...value } satisfies Claims) : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : undefined;

const grantedIn = (fields: Claims): ReadonlySet<string> => scopesOf(fields['scope'] ?? fields['scopes']);
