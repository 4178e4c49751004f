import { UsageError } from './command.js';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const DURATION = /^([1-9]\d{0,5})([smhd])$/;

/** The seconds of a duration as it is typed: `30s`, `15m`, `1h`, `90d`. @throws UsageError */
export function durationSeconds(option: string, text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new UsageError(
      `${option} is ${JSON.stringify(text)}; must be a number with s, m, h or d, as in 15m.`,
    );
  }
  return Number(count) * (UNIT_SECONDS[unit] as number);
}
