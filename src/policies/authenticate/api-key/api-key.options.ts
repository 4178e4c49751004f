import {
  checkedElsewhere,
  checkOptions,
  type OptionRules,
  show,
  trueOrFalse,
} from '../../../contracts/option-check.js';
import type { AuthenticationDescriptor } from '../authentication-method.js';
import { quotable } from '../option-rules.js';
import { type ApiKeySource, sourceProblems } from './api-key.source.js';

export const API_KEY = 'api-key';

/** Who knows the keys: the gateway's own list of consumers, or Redis. */
export type ApiKeyStoreName = 'memory' | 'redis';

export interface ApiKeyOptions {
  /** Where a client may send its key; one place for each request. Default: the header `X-API-Key`. */
  readonly in?: readonly ApiKeySource[];
  /** Whether the key goes on to the upstream. Default: it is taken out, wherever it stood. */
  readonly forward?: boolean;
  /** Named in `WWW-Authenticate`. Default none. */
  readonly realm?: string;
  /** Default: `API_KEYS_STORE`. */
  readonly store?: ApiKeyStoreName;
}

export const API_KEY_DEFAULTS = { in: [{ header: 'X-API-Key' }], forward: false } as const;

/**
 * Keys of registered consumers. They are known by their SHA-256 alone, expire, and can be replaced while the gateway
 * runs; `portcullis key create` makes them.
 *
 * @example `@Authenticate(apiKey({ in: [{ header: 'X-API-Key' }, { query: 'api_key' }] }))`
 */
export function apiKey(options: ApiKeyOptions = {}): AuthenticationDescriptor<ApiKeyOptions> {
  return Object.freeze({ method: API_KEY, options: Object.freeze({ ...options }) });
}

const RULES: OptionRules<ApiKeyOptions> = {
  in: checkedElsewhere,
  forward: trueOrFalse,
  realm: quotable,
  store: (value) => (value === 'memory' || value === 'redis' ? undefined : '`memory` or `redis`'),
};

export function apiKeyProblems(options: ApiKeyOptions): readonly string[] {
  const problems = checkOptions(API_KEY, API_KEY, options, RULES).map(({ message }) => message);
  const given: unknown = options?.in;
  if (given === undefined) return problems;
  if (!Array.isArray(given) || given.length === 0) {
    return [
      ...problems,
      `${API_KEY}.in is ${show(given)}; must be a list of places, as in [{ header: 'X-API-Key' }].`,
    ];
  }
  return [...problems, ...sourceProblems(given, `${API_KEY}.in`)];
}
