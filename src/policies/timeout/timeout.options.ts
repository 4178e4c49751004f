import type { TimeoutOptions } from '../../contracts/upstream-definition.js';

/** Every clock a route may set, in the order in which they run. */
export const TIMEOUT_CLOCKS = [
  'connectMs',
  'headersMs',
  'idleMs',
  'totalMs',
] as const satisfies readonly (keyof TimeoutOptions)[];

/** Node's timers hold 31 bits; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Everything wrong with a declaration, in plain words. */
export function timeoutProblems(options: TimeoutOptions): string[] {
  const problems: string[] = [];
  const given = Object.entries(options) as [string, unknown][];
  if (given.length === 0) problems.push(`no clock is set; must be one of ${TIMEOUT_CLOCKS.join(', ')}.`);
  for (const [name, value] of given) {
    if (!TIMEOUT_CLOCKS.includes(name as keyof TimeoutOptions)) {
      problems.push(`${name} is no clock; must be one of ${TIMEOUT_CLOCKS.join(', ')}.`);
    } else if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > LONGEST_MS) {
      problems.push(`${name} is ${String(value)}; must be whole milliseconds from 0 (off) to ${LONGEST_MS}.`);
    }
  }
  return problems;
}
