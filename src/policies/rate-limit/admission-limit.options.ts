import { checkOptions, nearestName, type OptionRules, trueOrFalse } from '../../contracts/option-check.js';
import type { LimitAlgorithm } from './meters/limit-meter.js';
import { amountProblems, LIMIT_RULES } from './quota.rules.js';
import {
  type RateLimitQuota,
  type RateLimitWindow,
  type ResolvedRateLimit,
  resolveRateLimit,
} from './rate-limit.options.js';
import type { RateLimitFail } from './stores/limit-store.js';

export const ADMISSION_LIMIT = 'admission-limit';

/**
 * Whom requests count against before anybody is asked who he is.
 *
 * - `address`: the client's address, IPv6 folded to its subnet (/64 unless configured otherwise).
 * - `global`: everybody together, on all routes that declare the same bucket.
 */
export type AdmissionLimitBy = 'address' | 'global';

/** What `@AdmissionLimit` takes. */
export interface AdmissionLimitOptions {
  /** Requests allowed in one window, per key. A whole number above 0. */
  readonly limit: number;
  /** How long it takes until what was used is there again; `algorithm` says how. */
  readonly window: RateLimitWindow;
  /** How requests are counted. Default `fixed-window`. */
  readonly algorithm?: LimitAlgorithm;
  /** `token-bucket` alone: how much may be saved up and come at once. Default: the limit. */
  readonly burst?: number;
  /** Further windows that must have room as well: `[{ limit: 20_000, window: '1d' }]`. */
  readonly also?: readonly RateLimitQuota[];
  /** Default `address`. */
  readonly by?: AdmissionLimitBy;
  /** `true` counts CORS preflights that are answered here as well. Default false. */
  readonly preflights?: boolean;
  /** `true` counts and reports whom the limit would refuse, and refuses nobody. Default false. */
  readonly shadow?: boolean;
  /** The policy's name in the `RateLimit` fields. Default `admission`. */
  readonly name?: string;
  /** `false` leaves the `RateLimit` and `X-RateLimit` fields out. `Retry-After` stays on a 429. Default true. */
  readonly headers?: boolean;
  /**
   * What counts together. Default: the declaration itself; among the gateway's defaults each route apart by address, and
   * all routes together by `global`. It never counts together with a `@RateLimit`.
   */
  readonly bucket?: string;
  /** What happens while Redis cannot be asked. Default: the module's, which is `local`. */
  readonly fail?: RateLimitFail;
  /** Units that an instance takes from Redis at a time, as with `@RateLimit`. Default: each request is asked for. */
  readonly lease?: number;
}

const WORDS = ['address', 'global'];

const RULES: OptionRules<AdmissionLimitOptions> = {
  ...LIMIT_RULES,
  by: (value) => {
    if (WORDS.includes(value as string)) return undefined;
    const nearest = typeof value === 'string' ? nearestName(value, WORDS) : undefined;
    const meant = nearest === undefined ? '' : ` (did you mean '${nearest}'?)`;
    return `address or global, for nobody is known yet${meant}; count callers with @RateLimit`;
  },
  preflights: trueOrFalse,
};

/** Everything wrong with a declaration, in plain words. */
export function admissionLimitProblems(given: AdmissionLimitOptions): readonly string[] {
  return [...checkOptions('', '', given, RULES).map(({ message }) => message), ...amountProblems(given)];
}

/** Fills in what was left out. `route` is for declarations that name no bucket. */
export function resolveAdmissionLimit(given: AdmissionLimitOptions, route: string): ResolvedRateLimit {
  const by = given.by ?? 'address';
  const bucket = given.bucket ?? (by === 'global' ? 'global' : route);
  return Object.freeze({
    ...resolveRateLimit({ name: 'admission', ...given, by }, bucket),
    policy: ADMISSION_LIMIT,
    bucket: `admission ${bucket}`,
  });
}
