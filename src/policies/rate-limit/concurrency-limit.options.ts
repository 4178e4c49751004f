import { checkOptions, type OptionRules } from '../../contracts/option-check.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { BY_RULE, keyProblems } from './keys/key.rules.js';
import { LIMIT_RULES } from './quota.rules.js';
import type { RateLimitBy } from './rate-limit.options.js';
import type { RateLimitFail } from './stores/limit-store.js';

export const CONCURRENCY_LIMIT = 'concurrency-limit';

/** What `@ConcurrencyLimit` takes. */
export interface ConcurrencyLimitOptions {
  /** Requests that may run at the same time, per key. A whole number above 0. */
  readonly limit: number;
  /** Default: the subject where the request is authenticated, else the address. */
  readonly by?: RateLimitBy;
  /** `true` counts and reports whom the limit would refuse, and refuses nobody. Default false. */
  readonly shadow?: boolean;
  /** The policy's name in the `RateLimit` fields. Default `concurrency`. */
  readonly name?: string;
  /** `false` leaves the `RateLimit` fields out. Default true. */
  readonly headers?: boolean;
  /** What counts together. Default: the declaration itself. It never counts together with a `@RateLimit`. */
  readonly bucket?: string;
  /** What happens while Redis cannot be asked. Default: the module's, which is `local`. */
  readonly fail?: RateLimitFail;
}

/** A concurrency limit with every question answered. */
export interface ResolvedConcurrencyLimit {
  readonly policy: string;
  readonly limit: number;
  readonly by: RateLimitBy | undefined;
  readonly shadow: boolean;
  readonly name: string;
  readonly headers: boolean;
  readonly bucket: string;
  readonly fail: RateLimitFail | undefined;
}

const CONCURRENCY_LIMIT_DEFAULTS = { shadow: false, name: 'concurrency', headers: true } as const;

const { limit, shadow, name, headers, bucket, fail } = LIMIT_RULES;
const RULES: OptionRules<ConcurrencyLimitOptions> = {
  limit,
  by: BY_RULE,
  shadow,
  name,
  headers,
  bucket,
  fail,
};

/** Everything wrong with a declaration on this route, in plain words. */
export function concurrencyLimitProblems(given: ConcurrencyLimitOptions, route: RouteFacts): string[] {
  const problems = checkOptions('', '', given, RULES).map(({ message }) => message);
  if (given.limit === undefined) problems.push('limit is undefined; must be a whole number above 0.');
  return [...problems, ...keyProblems(given.by, route)];
}

/** Fills in what was left out. `bucket` is for declarations that name none. */
export function resolveConcurrencyLimit(
  given: ConcurrencyLimitOptions,
  bucket: string,
): ResolvedConcurrencyLimit {
  return Object.freeze({
    policy: CONCURRENCY_LIMIT,
    limit: given.limit,
    by: given.by,
    shadow: given.shadow ?? CONCURRENCY_LIMIT_DEFAULTS.shadow,
    name: given.name ?? CONCURRENCY_LIMIT_DEFAULTS.name,
    headers: given.headers ?? CONCURRENCY_LIMIT_DEFAULTS.headers,
    bucket: `concurrency ${given.bucket ?? bucket}`,
    fail: given.fail,
  });
}
