import type { Exchange } from '../../contracts/exchange.js';
import { checkedElsewhere, checkOptions, type OptionRules } from '../../contracts/option-check.js';
import type { Claims } from '../../contracts/principal.js';

export const AUTHORIZE = 'authorize';

/** A team's own decision about verified claims. Synchronous, and only `true` lets the request through. */
export type AuthorizeRule<C extends object = Claims> = (claims: C, exchange: Exchange) => boolean;

/** What a caller must have; every part that is given must hold. */
export interface AuthorizeOptions {
  /** Every one of these scopes. */
  readonly allScopes?: readonly string[];
  /** At least one of these scopes. */
  readonly anyScope?: readonly string[];
  /** At least one of these roles. */
  readonly roles?: readonly string[];
  /**
   * The claim that holds the roles, a list or one string: its exact name, else a path with dots
   * (`realm_access.roles`). Default `roles`.
   */
  readonly rolesClaim?: string;
  /** What neither scopes nor roles can say. */
  readonly rule?: AuthorizeRule;
}

export const AUTHORIZE_DEFAULTS = { rolesClaim: 'roles' } as const;

/** A scope as RFC 6749, section 3.3 writes it: it also stands in a quoted header value. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Their values are judged together, below. A misspelled one would let everybody through who has the rest. */
const KNOWN: OptionRules<AuthorizeOptions> = {
  allScopes: checkedElsewhere,
  anyScope: checkedElsewhere,
  roles: checkedElsewhere,
  rolesClaim: checkedElsewhere,
  rule: checkedElsewhere,
};

/** Problems of a declaration in plain words; empty when it is sound. */
export function checkAuthorize(options: AuthorizeOptions): readonly string[] {
  const { allScopes, anyScope, roles, rolesClaim, rule } = options;
  const problems = checkOptions('', '', options, KNOWN).map(({ message }) => message);
  if ([allScopes, anyScope, roles, rule].every((part) => part === undefined)) {
    problems.push('nothing is required; name scopes, roles or a rule, or take the decorator away.');
  }
  for (const [name, list] of Object.entries({ allScopes, anyScope, roles })) {
    if (list?.length === 0) problems.push(`${name} is empty; must name at least one, or be left out.`);
  }
  for (const scope of [...(allScopes ?? []), ...(anyScope ?? [])]) {
    if (!SCOPE.test(scope)) {
      problems.push(
        `scope ${JSON.stringify(scope)} must be printable ASCII without spaces, quotes or backslashes.`,
      );
    }
  }
  if (roles?.includes('')) problems.push('roles holds an empty name; a role must have one.');
  if (rolesClaim !== undefined && roles === undefined) {
    problems.push('rolesClaim is given without roles; name the roles that are let in.');
  }
  if (rolesClaim === '') problems.push('rolesClaim is empty; must name a claim.');
  // A promise is never `true`: an async rule would refuse everybody.
  if (rule?.constructor.name === 'AsyncFunction') {
    problems.push('the rule is async; must decide at once from the claims.');
  }
  return problems;
}
