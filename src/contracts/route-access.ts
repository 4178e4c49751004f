/** What a policy asks of a caller: one of a kind's names, or all of them. */
export interface AccessRequirement {
  /**
   * - `authentication`: a method that verifies credentials, by name
   * - `anonymous`: callers without a credential pass as the no-one in particular
   * - `scope`, `role`, `group`, `address`: what the caller must have
   * - `not-group`, `not-address`: what turns a caller away
   * - `rule`: a decision in code
   */
  readonly kind:
    | 'authentication'
    | 'anonymous'
    | 'scope'
    | 'role'
    | 'group'
    | 'not-group'
    | 'address'
    | 'not-address'
    | 'rule';
  /** Whether one of the names is enough. */
  readonly match: 'any' | 'all';
  readonly names: readonly string[];
}

/** Who may call a route. */
export interface RouteAccess {
  /** Declared open: nobody is asked who he is. */
  readonly isPublic: boolean;
  /** In the order of the request path; every one of them must be met. */
  readonly requirements: readonly AccessRequirement[];
}

/** Nothing is asked of anybody. */
export const OPEN_ACCESS: RouteAccess = Object.freeze({ isPublic: false, requirements: Object.freeze([]) });
