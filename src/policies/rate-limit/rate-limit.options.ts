import type { Exchange } from '../../contracts/exchange.js';
import { checkOptions, type OptionRules, trueOrFalse } from '../../contracts/option-check.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { RateLimitFail } from './limit-store.js';

/** Milliseconds, or a count with its unit: `1s`, `10m`, `1h`, `1d`. */
export type RateLimitWindow = number | `${number}${'s' | 'm' | 'h' | 'd'}`;

/**
 * Whom requests count against.
 *
 * - `subject`: the subject of the verified credential; a credential that names nobody counts by address.
 * - `address`: the client's address, IPv6 folded to its subnet (/64 unless configured otherwise).
 * - `route`: everybody together, each route apart.
 * - `upstream`: everybody together, each upstream apart.
 * - a function: whatever it returns, for instance a tenant's id.
 */
export type RateLimitBy = 'subject' | 'address' | 'route' | 'upstream' | ((exchange: Exchange) => string);

/** What `@RateLimit` takes. */
export interface RateLimitOptions {
  /** Requests allowed in one window, per key. A whole number above 0. */
  readonly limit: number;
  /** A fixed window: it starts with a key's first request and its count is gone when it ends. */
  readonly window: RateLimitWindow;
  /** Default: the subject where the request is authenticated, else the address. */
  readonly by?: RateLimitBy;
  /** The policy's name in the `RateLimit` fields. Default `default`. */
  readonly name?: string;
  /** `false` leaves the `RateLimit` and `X-RateLimit` fields out. `Retry-After` stays on a 429. Default true. */
  readonly headers?: boolean;
  /**
   * What counts together. Default: the declaration itself, so that a controller's routes share the controller's
   * limit and a method has its own. Declarations that name the same bucket and window share one count.
   */
  readonly bucket?: string;
  /**
   * What happens while Redis cannot be asked: `open` lets everybody pass, `closed` answers 503 with `Retry-After`,
   * `local` counts in this process's memory. Default: the module's, which is `local`. Without Redis it means nothing.
   */
  readonly fail?: RateLimitFail;
}

/** A rate limit with every question answered; `by` alone may stay open until the request is seen. */
export interface ResolvedRateLimit {
  readonly limit: number;
  readonly windowMs: number;
  readonly by: RateLimitBy | undefined;
  readonly name: string;
  readonly headers: boolean;
  readonly bucket: string;
  /** `undefined` leaves it to the module. */
  readonly fail: RateLimitFail | undefined;
}

const RATE_LIMIT_DEFAULTS = { name: 'default', headers: true } as const;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
export const FAIL_MODES: readonly string[] = ['open', 'closed', 'local'] satisfies RateLimitFail[];
const KEYS = ['subject', 'address', 'route', 'upstream'];
/** RFC 9651, section 3.1: the largest integer a structured field may carry. */
const LARGEST_LIMIT = 999_999_999_999_999;
/** RFC 9651, section 3.3.3: a string that needs no escapes. */
const PLAIN_STRING = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** The window's length; NaN when it says none. */
export function windowMs(window: RateLimitWindow): number {
  if (typeof window === 'number') return Number.isSafeInteger(window) && window > 0 ? window : Number.NaN;
  const parts = /^(\d{1,9})([smhd])$/.exec(String(window));
  const length = Number(parts?.[1]) * (UNIT_MS[parts?.[2] ?? ''] ?? Number.NaN);
  return length > 0 ? length : Number.NaN;
}

/** `1m` for 60000: the largest unit that fits, for people. */
export function windowText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = UNIT_MS[unit] as number;
    if (ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}

/** Fills in what was left out. `bucket` is for declarations that name none. */
export function resolveRateLimit(given: RateLimitOptions, bucket: string): ResolvedRateLimit {
  return Object.freeze({
    limit: given.limit,
    windowMs: windowMs(given.window),
    by: given.by,
    name: given.name ?? RATE_LIMIT_DEFAULTS.name,
    headers: given.headers ?? RATE_LIMIT_DEFAULTS.headers,
    bucket: given.bucket ?? bucket,
    fail: given.fail,
  });
}

const RULES: OptionRules<RateLimitOptions> = {
  limit: (value) => {
    if (!Number.isSafeInteger(value) || (value as number) <= 0) return 'a whole number above 0';
    return (value as number) > LARGEST_LIMIT ? `at most ${LARGEST_LIMIT}` : undefined;
  },
  window: (value) =>
    Number.isNaN(windowMs(value as RateLimitWindow))
      ? "whole milliseconds above 0 or a count with s, m, h or d, like '10m'"
      : undefined,
  by: (value) =>
    typeof value === 'function' || KEYS.includes(value as string)
      ? undefined
      : `${KEYS.join(', ')} or a function`,
  name: (value) =>
    typeof value === 'string' && PLAIN_STRING.test(value)
      ? undefined
      : 'printable ASCII without quotes and backslashes',
  headers: trueOrFalse,
  bucket: (value) => (typeof value === 'string' && value !== '' ? undefined : 'a name'),
  fail: (value) => (FAIL_MODES.includes(value as string) ? undefined : FAIL_MODES.join(', ')),
};

/** Everything wrong with a declaration on this route, in plain words. */
export function rateLimitProblems(given: RateLimitOptions, route: RouteFacts): string[] {
  const problems = checkOptions('', '', given, RULES).map(({ message }) => message);
  for (const name of ['limit', 'window'] as const) {
    if (given[name] === undefined) problems.push(`${name} is undefined; must be ${RULES[name](undefined)}.`);
  }
  if (given.by === 'subject' && !route.authenticated) {
    problems.push("by is 'subject', but the route is public; authenticate it or count by: 'address'.");
  }
  if (given.by === 'upstream' && route.upstream === undefined) {
    problems.push("by is 'upstream', but the route has none; count by: 'route'.");
  }
  return problems;
}
