import {
  anyObject,
  checkedElsewhere,
  checkOptions,
  type OptionRule,
  type OptionRules,
  wholeNumber,
} from '../../../contracts/option-check.js';
import type { Principal } from '../../../contracts/principal.js';
import type { AuthenticationDescriptor } from '../authentication-method.js';

export const PASSPORT = 'passport';

/** What a team's strategy says of the caller, in the words of the gateway. What is left out is as by default. */
export type PrincipalOf<User> = (user: User, info: unknown) => Partial<Principal>;

export interface PassportOptions<User = unknown> {
  /** Handed to the strategy as `passport.authenticate(name, options)` hands them. */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * Makes the principal of the user. Default: `subject` is the first of `sub`, `id` and `username` that the user has,
   * `scopes` are `scope` or `scopes` of the user, else of the info; `claims` are the user's own fields.
   */
  readonly principal?: PrincipalOf<User>;
  /** How long the strategy may take until the answer is 503. Default 5000. */
  readonly timeoutMs?: number;
  /** The value of `WWW-Authenticate` where the strategy names none, as passport-jwt does. Default: its name as a scheme. */
  readonly challenge?: string;
  /**
   * Headers that the strategy reads its credential from: they are taken out of what goes to the upstream, and without
   * any of them nothing was shown. Default: not known, so all goes on and every refusal is one of something shown.
   */
  readonly credentialHeaders?: readonly string[];
}

export const PASSPORT_DEFAULTS = { timeoutMs: 5_000 } as const;

/** What stands in a descriptor: the strategy's name beside its options. */
export interface NamedPassportOptions extends PassportOptions<never> {
  readonly name: string;
}

/**
 * Any passport strategy, by the name it is registered with: `passport.use('ldap', new LdapStrategy(…))`, or a provider
 * `class X extends PassportStrategy(Strategy, 'ldap')`. It must be there when the application starts.
 *
 * A strategy that wants to send the client to a login page, or does not decide, lets nobody in.
 *
 * @example `@Authenticate(passportStrategy('ldap', { principal: (user: LdapUser) => ({ subject: user.uid }) }))`
 */
export function passportStrategy<User = unknown>(
  name: string,
  options: PassportOptions<User> = {},
): AuthenticationDescriptor<NamedPassportOptions> {
  // The type parameter is the team's word for what its strategy gives.
  const given = options as unknown as PassportOptions<never>;
  return Object.freeze({ method: PASSPORT, options: Object.freeze({ ...given, name }) });
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const headerNames: OptionRule = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((name) => typeof name === 'string' && HEADER_NAME.test(name))
    ? undefined
    : 'a list of header names';

const RULES: OptionRules<NamedPassportOptions> = {
  name: checkedElsewhere,
  options: anyObject,
  principal: (value) => (typeof value === 'function' ? undefined : 'a function of user and info'),
  timeoutMs: wholeNumber(1, 60_000),
  challenge: (value) =>
    isChallenge(value) ? undefined : 'one challenge of printable ASCII, as in Bearer realm="x"',
  credentialHeaders: headerNames,
};

/** Whether a text may stand in `WWW-Authenticate`. */
export function isChallenge(value: unknown): value is string {
  return typeof value === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+( [\x20-\x7e]+)?$/.test(value);
}

export function passportProblems(options: NamedPassportOptions, registered: readonly string[]): string[] {
  const { name } = options;
  const problems = checkOptions(PASSPORT, `${PASSPORT}Strategy`, options, RULES).map(
    ({ message }) => message,
  );
  if (registered.includes(name)) return problems;
  const there = registered.length === 0 ? 'none is' : `there are ${registered.join(', ')}`;
  return [
    ...problems,
    `passportStrategy names ${JSON.stringify(name)}, under which no strategy is registered (${there}); ` +
      'call passport.use, or provide a class that extends PassportStrategy(Strategy, name), before the gateway starts.',
  ];
}
