import type { LimitMeter } from './limit-meter.js';

/** Milliseconds until the calendar's window ends in UTC: at the next multiple of its length since 1970, month or year. */
export function untilCalendarEnd(now: number, { calendar, windowMs }: LimitMeter): number {
  if (calendar === undefined) return windowMs - (now % windowMs);
  const date = new Date(now);
  const year = date.getUTCFullYear();
  const end = calendar === 'year' ? Date.UTC(year + 1, 0) : Date.UTC(year, date.getUTCMonth() + 1);
  return end - now;
}
