import type { Exchange } from '../../contracts/exchange.js';
import type { LimitAlgorithm, LimitMeter, Standing } from './meters/limit-meter.js';
import { memoryMs } from './meters/limit-meter.js';
import type { RateLimitFail } from './stores/limit-store.js';
import type { RateLimitStore } from './stores/limit-stores.js';

/**
 * Milliseconds, or a count with its unit: `1s`, `10m`, `1h`, `1d`, `1mo`, `1y`. A month is 30 days and a year 365, but for
 * windows of the calendar, where `1mo` and `1y` are as long as they are.
 */
export type RateLimitWindow = number | `${number}${'s' | 'm' | 'h' | 'd' | 'mo' | 'y'}`;

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

/** How a request stands with a limit, for whoever writes fields of their own about it. */
export interface RateLimitStanding {
  /** `false` on a refused request, also where a limit in the shadow lets it pass. */
  readonly passed: boolean;
  /** At `window`, then at each of `also`; empty where nobody counted. Good until the writer returns. */
  readonly windows: readonly Standing[];
}

/** Appends fields to those an answer gets: name, value, name, value. */
export type RateLimitFieldWriter = (fields: string[], standing: RateLimitStanding) => void;

/** So much in so long. */
export interface RateLimitQuota {
  readonly limit: number;
  readonly window: RateLimitWindow;
  /** Token buckets alone: how much may be saved up and come at once. Default: the limit. */
  readonly burst?: number;
}

/** What a plan allows. */
export interface RateLimitPlan extends RateLimitQuota {
  /** Further windows that must have room as well. */
  readonly also?: readonly RateLimitQuota[];
}

/** What `@RateLimit` takes. */
export interface RateLimitOptions {
  /** Requests allowed in one window, per key. A whole number above 0. */
  readonly limit: number;
  /** How long it takes until what was used is there again; `algorithm` says how. */
  readonly window: RateLimitWindow;
  /** How requests are counted. Default `fixed-window`. */
  readonly algorithm?: LimitAlgorithm;
  /** `token-bucket` alone: how much may be saved up and come at once. A whole number above 0. Default: the limit. */
  readonly burst?: number;
  /**
   * Further windows that must have room as well: `[{ limit: 20_000, window: '1d' }]`. A request that does not fit into one
   * of them takes nothing of any. In the fields each is a member of its own, `default-1d`.
   */
  readonly also?: readonly RateLimitQuota[];
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
  /**
   * `false` leaves the `RateLimit` and `X-RateLimit` fields out; a function writes fields of its own in their place, as old
   * clients may want. `Retry-After` stays on a 429. Default true.
   */
  readonly headers?: boolean | RateLimitFieldWriter;
  /**
   * What counts together. Default: the declaration itself, so that a controller's routes share the controller's
   * limit and a method has its own. Declarations that name the same bucket, algorithm and window share one count.
   */
  readonly bucket?: string;
  /**
   * What happens while Redis cannot be asked: `open` lets everybody pass, `closed` answers 503 with `Retry-After`,
   * `local` counts in this process's memory. Default: the module's, which is `local`. Without Redis it means nothing.
   */
  readonly fail?: RateLimitFail;
  /**
   * Units that an instance takes from Redis at a time and hands out by itself, so that few requests wait for Redis: a whole
   * number up to the limit. Instances leave up to so many units each unused, and where windows slide or buckets fill, as
   * many may come late. Default: Redis is asked for every request. Without Redis it means nothing.
   */
  readonly lease?: number;
  /**
   * `true` counts refused requests as well, so that whoever keeps trying beyond the short window uses up the long ones of
   * `also` too. For `fixed-window` and `calendar-window`, without `lease`. Default false.
   */
  readonly countRefused?: boolean;
  /**
   * Where it is counted: `memory` in this process alone, `redis` where `REDIS_URL` leads, `{ host }` in a Redis of its own.
   * Default: in the module's storage, which is Redis where there is one, else memory.
   */
  readonly store?: RateLimitStore;
}

/** One window of a limit, with its words. */
export interface ResolvedQuota {
  readonly meter: LimitMeter;
  /** Its name in the `RateLimit` fields. */
  readonly name: string;
  /** Whole seconds, where it is so long; a rounded one would promise a window that is not kept. */
  readonly windowSeconds: number | undefined;
  /** For people: `1000 requests in 1m`. */
  readonly text: string;
}

/** A rate limit with every question answered; `by` alone may stay open until the request is seen. */
export interface ResolvedRateLimit {
  /** The policy that refuses: `rate-limit`. */
  readonly policy: string;
  /** One at least. */
  readonly quotas: readonly ResolvedQuota[];
  readonly by: RateLimitBy | undefined;
  readonly cost: RateLimitCost;
  readonly shadow: boolean;
  readonly name: string;
  readonly headers: boolean | RateLimitFieldWriter;
  readonly bucket: string;
  /** `undefined` leaves it to the module. */
  readonly fail: RateLimitFail | undefined;
  readonly lease: number | undefined;
  readonly countRefused: boolean;
  /** `undefined` leaves it to the module. */
  readonly store: RateLimitStore | undefined;
}

export const RATE_LIMIT = 'rate-limit';

export const RATE_LIMIT_DEFAULTS = {
  algorithm: 'fixed-window',
  cost: 1,
  shadow: false,
  name: 'default',
  headers: true,
  countRefused: false,
} as const;

export const FAIL_MODES: readonly string[] = ['open', 'closed', 'local'] satisfies RateLimitFail[];
export const ALGORITHMS: readonly string[] = [
  'fixed-window',
  'calendar-window',
  'sliding-window',
  'token-bucket',
] satisfies LimitAlgorithm[];

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  mo: 30 * 86_400_000,
  y: 365 * 86_400_000,
};

/** Windows of the calendar whose length differs, with the longest there is. */
const CALENDAR: Readonly<Record<string, readonly ['month' | 'year', number]>> = {
  '1mo': ['month', 31 * 86_400_000],
  '1y': ['year', 366 * 86_400_000],
};

/** The window's length; NaN when it says none. */
export function windowMs(window: RateLimitWindow): number {
  if (typeof window === 'number') return Number.isSafeInteger(window) && window > 0 ? window : Number.NaN;
  const parts = /^(\d{1,9})(s|m|h|d|mo|y)$/.exec(String(window));
  const length = Number(parts?.[1]) * (UNIT_MS[parts?.[2] ?? ''] ?? Number.NaN);
  return length > 0 && Number.isSafeInteger(length) ? length : Number.NaN;
}

/** Whether a calendar has windows of that length: of months and years only the one. */
export function isCalendarWindow(window: RateLimitWindow): boolean {
  return typeof window === 'number' || !/(mo|y)$/.test(window) || Object.hasOwn(CALENDAR, window);
}

/** `1m` for 60000: the largest unit that fits, for people. What was said stays as it was said. */
export function windowText(window: RateLimitWindow): string {
  if (typeof window === 'string') return window;
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = UNIT_MS[unit] as number;
    if (window % unitMs === 0) return `${window / unitMs}${unit}`;
  }
  return `${window}ms`;
}

/** The numbers of a limit, for the boot table: `10/1s + 1000/1h sliding-window`. */
export function quotaText({
  also = [],
  algorithm,
  ...first
}: RateLimitPlan & Pick<RateLimitOptions, 'algorithm'>): string {
  const windows = [first, ...also].map(({ limit, window, burst }) => {
    const atOnce = burst === undefined ? '' : ` burst ${burst}`;
    return `${limit}/${windowText(window)}${atOnce}`;
  });
  const how = algorithm === undefined || algorithm === RATE_LIMIT_DEFAULTS.algorithm ? '' : ` ${algorithm}`;
  return windows.join(' + ') + how;
}

/** Fills in what was left out. `bucket` is for declarations that name none. */
export function resolveRateLimit(given: RateLimitOptions, bucket: string): ResolvedRateLimit {
  const { algorithm = RATE_LIMIT_DEFAULTS.algorithm, name = RATE_LIMIT_DEFAULTS.name } = given;
  return Object.freeze({
    policy: RATE_LIMIT,
    quotas: resolveQuotas(given, algorithm, name),
    by: given.by,
    cost: given.cost ?? RATE_LIMIT_DEFAULTS.cost,
    shadow: given.shadow ?? RATE_LIMIT_DEFAULTS.shadow,
    name,
    headers: given.headers ?? RATE_LIMIT_DEFAULTS.headers,
    bucket: given.bucket ?? bucket,
    fail: given.fail,
    lease: given.lease,
    countRefused: given.countRefused ?? RATE_LIMIT_DEFAULTS.countRefused,
    store: given.store,
  });
}

/** The same limit as a plan has it. It keeps the bucket: who changes plans does not begin anew in the same window. */
export function planLimit(limit: ResolvedRateLimit, plan: string, allowed: RateLimitPlan): ResolvedRateLimit {
  const name = `${limit.name}-${plan}`;
  const { algorithm } = (limit.quotas[0] as ResolvedQuota).meter;
  return Object.freeze({ ...limit, quotas: resolveQuotas(allowed, algorithm, name), name });
}

function resolveQuotas(
  given: RateLimitPlan,
  algorithm: LimitAlgorithm,
  name: string,
): readonly ResolvedQuota[] {
  const further = (given.also ?? []).map((quota) =>
    resolveQuota(quota, algorithm, `${name}-${windowText(quota.window)}`),
  );
  return Object.freeze([resolveQuota(given, algorithm, name), ...further]);
}

function resolveQuota(
  { limit, window, burst = limit }: RateLimitQuota,
  algorithm: LimitAlgorithm,
  name: string,
): ResolvedQuota {
  const [calendar, longestMs] = (algorithm === 'calendar-window' ? CALENDAR[window] : undefined) ?? [
    undefined,
    windowMs(window),
  ];
  const meter: LimitMeter = Object.freeze({ algorithm, limit, windowMs: longestMs, calendar, burst });
  // A bucket is full again after this; of the other kinds it is the window.
  const fullMs = algorithm === 'token-bucket' ? memoryMs(meter) : meter.windowMs;
  const whole = calendar === undefined && fullMs % 1000 === 0;
  const atOnce = burst === limit ? '' : `, ${burst} at once`;
  return Object.freeze({
    meter,
    name,
    windowSeconds: whole ? fullMs / 1000 : undefined,
    text: `${limit} ${limit === 1 ? 'request' : 'requests'} in ${windowText(window)}${atOnce}`,
  });
}
