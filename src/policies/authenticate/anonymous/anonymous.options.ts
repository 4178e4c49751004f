import { checkOptions, type OptionRules } from '../../../contracts/option-check.js';
import type { AuthenticationDescriptor } from '../authentication-method.js';

export const ANONYMOUS = 'anonymous';

export interface AnonymousOptions {
  /** The id of the consumer that callers without a credential count as. Default `anonymous`. */
  readonly consumer?: string;
}

export const ANONYMOUS_DEFAULTS = { consumer: 'anonymous' } as const;

/**
 * Accepts callers that send no credential at all, as a consumer of that name: with limits, groups and a name in the
 * logs, where `@Public()` knows nobody. A credential that was sent and is bad is refused all the same.
 *
 * @example `@Authenticate(anyOf(jwt(), anonymous({ consumer: 'guest' })))`
 */
export function anonymous(options: AnonymousOptions = {}): AuthenticationDescriptor<AnonymousOptions> {
  return Object.freeze({ method: ANONYMOUS, options: Object.freeze({ ...options }) });
}

const RULES: OptionRules<AnonymousOptions> = {
  consumer: (value) => (typeof value === 'string' && value !== '' ? undefined : "a consumer's id"),
};

export function anonymousProblems(options: AnonymousOptions): readonly string[] {
  return checkOptions(ANONYMOUS, ANONYMOUS, options, RULES).map(({ message }) => message);
}
