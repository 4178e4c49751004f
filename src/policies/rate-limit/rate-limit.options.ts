import type { Exchange } from '../../contracts/exchange.js';
import type { RateLimitFail } from './limit-store.js';

/** Milliseconds, or a count with its unit: `1s`, `10m`, `1h`, `1d`. */
export type RateLimitWindow = number | `${number}${'s' | 'm' | 'h' | 'd'}`;

/**
 * Whom requests count against. Each kind of key counts apart, and whoever lacks what a limit counts by is counted by
 * address, apart from everybody else: nobody escapes a limit by leaving something out.
 *
 * - `subject`: the subject of the verified credential; a credential that names nobody counts by address.
 * - `consumer`: the registered consumer the credential belongs to, with whichever of its credentials it calls.
 * - `api-key`: the verified key itself, two keys of one consumer apart. Only where an API key is accepted.
 * - `address`: the client's address, IPv6 folded to its subnet (/64 unless configured otherwise).
 * - `route`: everybody together, each route apart.
 * - `upstream`: everybody together, each upstream apart.
 * - `global`: everybody together, on all routes that declare the same bucket.
 * - `{ claim: 'tenant' }`: a verified claim, its exact name or a path with dots; text, a number, true or false.
 * - `{ header: 'X-Tenant' }`: a request header, whoever wrote it; several of the name count as one text. A client can
 *   write any value, so it needs an `@AdmissionLimit` or a proxy in front that sets the header.
 * - a function: whatever it returns, for instance a tenant's id; empty or `undefined` when there is none.
 */
export type RateLimitBy =
  | 'subject'
  | 'consumer'
  | 'api-key'
  | 'address'
  | 'route'
  | 'upstream'
  | 'global'
  | { readonly claim: string }
  | { readonly header: string }
  | ((exchange: Exchange) => string | undefined);

/** How much of a limit a request takes. */
export type RateLimitCost = number | ((exchange: Exchange) => number);

/** What a plan allows. */
export interface RateLimitPlan {
  readonly limit: number;
  readonly window: RateLimitWindow;
}

/** What `@RateLimit` takes. */
export interface RateLimitOptions {
  /** Requests allowed in one window, per key. A whole number above 0. */
  readonly limit: number;
  /** A fixed window: it starts with a key's first request and its count is gone when it ends. */
  readonly window: RateLimitWindow;
  /** Default: the subject where the request is authenticated, else the address. */
  readonly by?: RateLimitBy;
  /** Limits by the caller's plan: `{ gold: { limit: 5000, window: '1m' } }`. No plan, or another: `limit` and `window`. */
  readonly plans?: Readonly<Record<string, RateLimitPlan>>;
  /** The verified claim that names the plan. Default: the plan of the consumer. */
  readonly planBy?: { readonly claim: string };
  /**
   * What one request takes of the limit: a whole number from 1 to the limit, or a function that says it per request, 0
   * included. What a function says else counts 1 and is logged once. Dearer than what is left: refused, and nothing taken.
   * Default 1.
   */
  readonly cost?: RateLimitCost;
  /** `true` counts and reports whom the limit would refuse, and refuses nobody. Default false. */
  readonly shadow?: boolean;
  /** The policy's name in the `RateLimit` fields; a plan's limit is `name-plan` there. Default `default`. */
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
  /** The policy that refuses: `rate-limit`. */
  readonly policy: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly by: RateLimitBy | undefined;
  readonly cost: RateLimitCost;
  readonly shadow: boolean;
  readonly name: string;
  readonly headers: boolean;
  readonly bucket: string;
  /** `undefined` leaves it to the module. */
  readonly fail: RateLimitFail | undefined;
}

export const RATE_LIMIT = 'rate-limit';

const RATE_LIMIT_DEFAULTS = { cost: 1, shadow: false, name: 'default', headers: true } as const;

export const FAIL_MODES: readonly string[] = ['open', 'closed', 'local'] satisfies RateLimitFail[];

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

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
    policy: RATE_LIMIT,
    limit: given.limit,
    windowMs: windowMs(given.window),
    by: given.by,
    cost: given.cost ?? RATE_LIMIT_DEFAULTS.cost,
    shadow: given.shadow ?? RATE_LIMIT_DEFAULTS.shadow,
    name: given.name ?? RATE_LIMIT_DEFAULTS.name,
    headers: given.headers ?? RATE_LIMIT_DEFAULTS.headers,
    bucket: given.bucket ?? bucket,
    fail: given.fail,
  });
}

/** The same limit as a plan has it. It keeps the bucket: who changes plans does not begin anew in the same window. */
export function planLimit(limit: ResolvedRateLimit, plan: string, allowed: RateLimitPlan): ResolvedRateLimit {
  return Object.freeze({
    ...limit,
    limit: allowed.limit,
    windowMs: windowMs(allowed.window),
    name: `${limit.name}-${plan}`,
  });
}
