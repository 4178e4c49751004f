import type { Clock } from '../../contracts/clock.js';
import type { KongRateWindow } from '../kong-plugins.js';

/** One window of the limits of an instance. */
export interface KongRateQuota {
  readonly window: KongRateWindow;
  readonly limit: number;
}

/** How a key stands at one window. */
interface Standing {
  readonly remaining: number;
  readonly resetMs: number;
}

/** Seconds, as Kong reckons with them: every month has 30 days, every year 365. */
const WINDOW_SECONDS: Readonly<Record<KongRateWindow, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  month: 2_592_000,
  year: 31_536_000,
};

export const RATE_RESET_FIELD = 'RateLimit-Reset';

/**
 * Makes the writer of the fields Kong's rate-limiting sends: two for each window, and three for the one that leaves the
 * least; of several such for the longest.
 */
export function kongRateFields(
  quotas: readonly KongRateQuota[],
  clock: Pick<Clock, 'now'>,
): (fields: string[], windows: readonly Standing[]) => void {
  const names = quotas.map(({ window, limit }) => {
    const name = window.charAt(0).toUpperCase() + window.slice(1);
    return [`X-RateLimit-Limit-${name}`, String(limit), `X-RateLimit-Remaining-${name}`] as const;
  });
  return (fields, windows) => {
    const [first] = windows;
    // Nobody counted, so there is nothing to tell.
    if (first === undefined) return;
    let tightest = 0;
    let least = first;
    for (let i = 0; i < windows.length; i++) {
      const standing = windows[i] as Standing;
      const [limitName, limit, remainingName] = names[i] as (typeof names)[number];
      fields.push(limitName, limit, remainingName, String(standing.remaining));
      // Windows stand in the order of their lengths.
      if (standing.remaining > least.remaining) continue;
      least = standing;
      tightest = i;
    }
    const { window, limit } = quotas[tightest] as KongRateQuota;
    const reset = resetSeconds(window, least.resetMs, clock.now());
    fields.push('RateLimit-Limit', String(limit), 'RateLimit-Remaining', String(least.remaining));
    fields.push(RATE_RESET_FIELD, String(reset));
  };
}

/**
 * Seconds until the window ends, at least 1. A month or a year is as long as Kong takes it for, whatever the calendar says:
 * on the 31st it is over since a day, and the answer is 1.
 */
export function resetSeconds(window: KongRateWindow, resetMs: number, now: number): number {
  const whole = WINDOW_SECONDS[window];
  if (window !== 'month' && window !== 'year') return Math.max(1, Math.min(whole, Math.ceil(resetMs / 1000)));
  const date = new Date(now);
  const start = Date.UTC(date.getUTCFullYear(), window === 'month' ? date.getUTCMonth() : 0);
  return Math.max(1, whole - Math.floor((now - start) / 1000));
}
