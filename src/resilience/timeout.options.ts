import type { ConfigProblem } from '../contracts/config-problem.js';
import { checkOptions, withDefaults } from '../contracts/option-check.js';
import { TIMEOUT_RULES } from '../contracts/timeout-rules.js';
import type { TimeoutOptions } from '../contracts/upstream-definition.js';

/** An upstream's clocks with every default filled in; 0 switches one off. */
export type TimeoutSettings = Readonly<Required<TimeoutOptions>>;

export const TIMEOUT_DEFAULTS: TimeoutSettings = Object.freeze({
  connectMs: 1_000,
  headersMs: 5_000,
  idleMs: 60_000,
  totalMs: 15_000,
});

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
  checkOptions(where, 'timeout', given, TIMEOUT_RULES);
