import { type OptionRules, wholeNumber } from './option-check.js';
import type { TimeoutOptions } from './upstream-definition.js';

const DAY_MS = 86_400_000;
const clock = wholeNumber(0, DAY_MS);

/** What the clocks of an upstream and of a route may be. */
export const TIMEOUT_RULES: OptionRules<TimeoutOptions> = {
  connectMs: clock,
  headersMs: clock,
  idleMs: clock,
  totalMs: clock,
};
