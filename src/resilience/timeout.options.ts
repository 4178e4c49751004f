import type { ConfigProblem } from '../contracts/config-problem.js';
import { checkOptions, type OptionRules, wholeNumber, withDefaults } from '../contracts/option-check.js';
import type { TimeoutOptions } from '../contracts/upstream-definition.js';

/** An upstream's clocks with every default filled in; 0 switches one off. */
export type TimeoutSettings = Readonly<Required<TimeoutOptions>>;

export const TIMEOUT_DEFAULTS: TimeoutSettings = Object.freeze({
  connectMs: 1_000,
  headersMs: 5_000,
  idleMs: 60_000,
  totalMs: 15_000,
});

const DAY_MS = 86_400_000;

const RULES: OptionRules<TimeoutOptions> = {
  connectMs: wholeNumber(0, DAY_MS),
  headersMs: wholeNumber(0, DAY_MS),
  idleMs: wholeNumber(0, DAY_MS),
  totalMs: wholeNumber(0, DAY_MS),
};

export const resolveTimeouts = (given: TimeoutOptions = {}): TimeoutSettings =>
  overrideTimeouts(TIMEOUT_DEFAULTS, given);

/**
 * The given clocks in place of those of the base, each on its own. A totalMs that nobody stated makes room for a
 * longer dial and wait, so that `headersMs: 30_000` means 30 seconds.
 */
export function overrideTimeouts(base: TimeoutSettings, given: TimeoutOptions): TimeoutSettings {
  const merged = withDefaults(base, given);
  if (given.totalMs !== undefined || merged.totalMs === 0) return merged;
  const totalMs = merged.headersMs === 0 ? 0 : Math.max(merged.totalMs, merged.connectMs + merged.headersMs);
  return totalMs === merged.totalMs ? merged : Object.freeze({ ...merged, totalMs });
}

export const checkTimeouts = (where: string, given: unknown): ConfigProblem[] =>
  checkOptions(where, 'timeout', given, RULES);
