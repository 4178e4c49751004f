/**
 * How requests are counted against a limit.
 *
 * - `fixed-window`: a window starts with a key's first request, and its count is gone when it ends. Twice the limit may
 *   pass around the end of one.
 * - `calendar-window`: the same, but windows are those of the calendar in UTC: a minute begins with second 0, for every
 *   key alike. As Kong's rate-limiting plugin counts.
 * - `sliding-window`: in no span as long as the window does more than the limit pass. A request counts for the window and
 *   a twentieth of it at most.
 * - `token-bucket`: the limit trickles back evenly over the window, and up to `burst` may be saved up. The generic cell
 *   rate algorithm (ITU-T I.371) decides alike.
 */
export type LimitAlgorithm = 'fixed-window' | 'calendar-window' | 'sliding-window' | 'token-bucket';

/** One measure of a limit: so many units in so long. Meters of one bucket, key, algorithm and window are one count. */
export interface LimitMeter {
  readonly algorithm: LimitAlgorithm;
  /** Units in one window. */
  readonly limit: number;
  /** Of a month or a year of the calendar, the longest there is. */
  readonly windowMs: number;
  /** Set on calendar windows whose lengths differ. */
  readonly calendar: 'month' | 'year' | undefined;
  /** Units that may come at once; `limit` but for token buckets that say otherwise. */
  readonly burst: number;
}

/** How a key stands at one meter. */
export interface Standing {
  /** Units left. */
  readonly remaining: number;
  /** Until all of them are there again, if nothing more comes. */
  readonly resetMs: number;
}

/** A window slides in so many steps. */
export const SLIDING_STEPS = 20;

/** The length of a sliding window's step. */
export function slidingStepMs(windowMs: number): number {
  return Math.ceil(windowMs / SLIDING_STEPS);
}

/** How long a key must be remembered after its last request. */
export function memoryMs({ algorithm, limit, windowMs, burst }: LimitMeter): number {
  switch (algorithm) {
    case 'fixed-window':
    case 'calendar-window':
      return windowMs;
    case 'sliding-window':
      return windowMs + slidingStepMs(windowMs);
    case 'token-bucket':
      return Math.ceil((burst * windowMs) / limit);
  }
}

/** What tells the count of a meter from others of its bucket and key; meters that share it differ in their limits alone. */
export function meterId(meter: LimitMeter): string {
  const { algorithm, windowMs, calendar } = meter;
  const id = `${algorithm} ${calendar ?? windowMs}`;
  return algorithm === 'token-bucket' ? `${id} ${memoryMs(meter)}` : id;
}
