import { checkOptions } from '../../contracts/option-check.js';
import { TIMEOUT_RULES } from '../../contracts/timeout-rules.js';
import type { TimeoutOptions } from '../../contracts/upstream-definition.js';

/** Every clock a route may set, in the order in which they run. */
export const TIMEOUT_CLOCKS = Object.keys(TIMEOUT_RULES) as readonly (keyof TimeoutOptions)[];

/** Everything wrong with a declaration, in plain words. */
export function timeoutProblems(options: TimeoutOptions): string[] {
  if (Object.keys(options).length === 0) {
    return [`no clock is set; must be one of ${TIMEOUT_CLOCKS.join(', ')}.`];
  }
  return checkOptions('', '', options, TIMEOUT_RULES).map(({ message }) => message);
}
