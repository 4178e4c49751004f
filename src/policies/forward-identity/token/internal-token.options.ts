import {
  checkOptions,
  type OptionRule,
  type OptionRules,
  wholeNumber,
} from '../../../contracts/option-check.js';

/** A short-lived token that the gateway signs, in which an upstream can check who is calling. */
export interface InternalTokenOptions {
  /** The `aud`: who is meant to believe it. */
  readonly audience: string | readonly string[];
  /** How long it holds, 5–3600; never longer than the caller's own token. Default 60. */
  readonly lifetimeSeconds?: number;
  /** Where it stands: alone in `X-Gateway-Identity`, or as the bearer token in place of the caller's own. Default the first. */
  readonly header?: 'X-Gateway-Identity' | 'Authorization';
  /** Claims of the caller that are copied into it. Default none. */
  readonly claims?: readonly string[];
}

export const INTERNAL_TOKEN_DEFAULTS = {
  lifetimeSeconds: 60,
  header: 'X-Gateway-Identity',
  claims: [] as readonly string[],
} as const;

/** What the gateway itself says in a token. */
const OWN_CLAIMS = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope', 'consumer']);

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText);

const claims: OptionRule = (value) => {
  if (!Array.isArray(value) || !value.every(isText)) return 'a list of names of claims';
  const own = value.filter((name: string) => OWN_CLAIMS.has(name));
  return own.length === 0
    ? undefined
    : `other claims than ${own.join(', ')}, which the gateway writes itself`;
};

const RULES: OptionRules<InternalTokenOptions> = {
  audience: (value) =>
    isText(value) || isTexts(value) ? undefined : 'one text or a list of texts, none of them empty',
  lifetimeSeconds: wholeNumber(5, 3_600),
  header: (value) =>
    value === 'Authorization' || value === 'X-Gateway-Identity'
      ? undefined
      : '`X-Gateway-Identity` or `Authorization`',
  claims,
};

export function internalTokenProblems(options: InternalTokenOptions): string[] {
  const problems = checkOptions('', 'token', options, RULES).map(({ message }) => message);
  if (problems.length === 0 && options.audience === undefined) {
    return ['token names no audience; must say who is meant to believe it.'];
  }
  return problems;
}
