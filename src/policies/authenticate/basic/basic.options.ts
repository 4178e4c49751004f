import {
  checkOptions,
  numberWithin,
  type OptionRules,
  trueOrFalse,
} from '../../../contracts/option-check.js';
import type { AuthenticationDescriptor } from '../authentication-method.js';
import { quotable } from '../option-rules.js';

export const BASIC = 'basic';

export interface BasicOptions {
  /** What the user name and password are for, as browsers show it. Default `gateway`. */
  readonly realm?: string;
  /**
   * How long a pair that was verified is taken without working the hash out again, 0–600; 0 never remembers. A list of
   * consumers that is replaced ends it at once. Default 60.
   */
  readonly rememberSeconds?: number;
  /** Sends the credentials on to the upstream. Default false: they are taken out. */
  readonly forward?: boolean;
}

export const BASIC_DEFAULTS = { realm: 'gateway', rememberSeconds: 60, forward: false } as const;

/**
 * User name and password (RFC 7617), against the passwords of the registered consumers.
 *
 * @example `@Authenticate(anyOf(jwt(), basic({ realm: 'reports' })))`
 */
export function basic(options: BasicOptions = {}): AuthenticationDescriptor<BasicOptions> {
  return Object.freeze({ method: BASIC, options: Object.freeze({ ...options }) });
}

const RULES: OptionRules<BasicOptions> = {
  realm: quotable,
  rememberSeconds: numberWithin(0, 600),
  forward: trueOrFalse,
};

export function basicProblems(options: BasicOptions): readonly string[] {
  return checkOptions(BASIC, BASIC, options, RULES).map(({ message }) => message);
}
