import { checkedElsewhere, checkOptions, type OptionRules, show } from '../../contracts/option-check.js';
import type { Claims } from '../../contracts/principal.js';
import type { AuthorizationCall } from './authorization-call.js';

export const AUTHORIZE = 'authorize';

/** A team's own decision about verified claims and the request. Synchronous, and only `true` lets the request through. */
export type AuthorizeRule<C extends object = Claims, Params extends string = string> = (
  claims: C,
  call: AuthorizationCall<Params>,
) => boolean;

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
  /** At least one of these groups. */
  readonly groups?: readonly string[];
  /** None of these groups: whoever is in one is refused, whatever else holds. */
  readonly denyGroups?: readonly string[];
  /**
   * The claim that holds groups beside those of the consumer, written as `rolesClaim` is. Default: the consumer's
   * groups alone.
   */
  readonly groupsClaim?: string;
  /** What scopes, roles and groups cannot say. */
  readonly rule?: AuthorizeRule;
}

/** Why a 403 of this policy was answered: the `reason` of its problem document. */
export type AuthorizeReason =
  | 'scope-missing'
  | 'role-missing'
  | 'group-missing'
  | 'group-denied'
  | 'rule-refused';

export const AUTHORIZE_DEFAULTS = { rolesClaim: 'roles' } as const;

/** A scope as RFC 6749, section 3.3 writes it: it also stands in a quoted header value. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Their values are judged together, below. A misspelled one would let everybody through who has the rest. */
const KNOWN: OptionRules<AuthorizeOptions> = {
  allScopes: checkedElsewhere,
  anyScope: checkedElsewhere,
  roles: checkedElsewhere,
  rolesClaim: checkedElsewhere,
  groups: checkedElsewhere,
  denyGroups: checkedElsewhere,
  groupsClaim: checkedElsewhere,
  rule: checkedElsewhere,
};

/** Problems of a declaration in plain words; empty when it is sound. */
export function checkAuthorize(options: AuthorizeOptions): readonly string[] {
  const { allScopes, anyScope, roles, rolesClaim, groups, denyGroups, groupsClaim, rule } = options;
  const problems = checkOptions('', '', options, KNOWN).map(({ message }) => message);
  const lists = { allScopes, anyScope, roles, groups, denyGroups };
  if (rule === undefined && Object.values(lists).every((list) => list === undefined)) {
    problems.push('nothing is required; name scopes, roles, groups or a rule, or take the decorator away.');
  }
  for (const [name, list] of Object.entries(lists)) problems.push(...listProblems(name, list));
  for (const scope of [...textsOf(allScopes), ...textsOf(anyScope)]) {
    if (!SCOPE.test(scope)) {
      problems.push(
        `scope ${JSON.stringify(scope)} must be printable ASCII without spaces, quotes or backslashes.`,
      );
    }
  }
  const both = textsOf(groups).find((group) => textsOf(denyGroups).includes(group));
  if (both !== undefined) problems.push(`the group ${show(both)} is both let in and refused; keep one.`);
  if (rolesClaim !== undefined && roles === undefined) {
    problems.push('rolesClaim is given without roles; name the roles that are let in.');
  }
  if (groupsClaim !== undefined && groups === undefined && denyGroups === undefined) {
    problems.push('groupsClaim is given without groups; name the groups that are let in or refused.');
  }
  for (const [name, claim] of Object.entries({ rolesClaim, groupsClaim })) {
    if (claim === '') problems.push(`${name} is empty; must name a claim.`);
  }
  if (rule !== undefined && typeof rule !== 'function') {
    problems.push(`rule is ${show(rule)}; must be a function.`);
  }
  // A promise is never `true`: an async rule would refuse everybody.
  if (rule?.constructor.name === 'AsyncFunction') {
    problems.push('the rule is async; must decide at once from the claims.');
  }
  return problems;
}

function listProblems(name: string, list: unknown): readonly string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) return [`${name} is ${show(list)}; must be a list.`];
  if (list.length === 0) return [`${name} is empty; must name at least one, or be left out.`];
  const bad = list.find((one) => typeof one !== 'string' || one === '');
  return bad === undefined ? [] : [`${name} holds ${show(bad)}; must hold names alone.`];
}

/** The names of a list, whatever else was written into it. */
function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}
