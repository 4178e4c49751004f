import type { ConfigProblem } from '../contracts/config-problem.js';
import {
  checkOptions,
  numberWithin,
  type OptionRules,
  wholeNumber,
  wholeNumbers,
  withDefaults,
} from '../contracts/option-check.js';
import type { BreakerOptions } from '../contracts/upstream-definition.js';

/** A breaker's options with every default filled in. */
export type BreakerSettings = Readonly<Required<BreakerOptions>>;

export const BREAKER_DEFAULTS: BreakerSettings = Object.freeze({
  errorPercent: 50,
  volume: 20,
  windowMs: 10_000,
  resetMs: 10_000,
  failureStatuses: Object.freeze([500, 502, 503, 504]),
});

const HOUR_MS = 3_600_000;

const RULES: OptionRules<BreakerOptions> = {
  errorPercent: numberWithin(1, 100),
  volume: wholeNumber(1, 1_000_000),
  windowMs: wholeNumber(100, HOUR_MS),
  resetMs: wholeNumber(1, HOUR_MS),
  // A 4xx is the client's mistake and says nothing about the upstream's health.
  failureStatuses: wholeNumbers(500, 599),
};

export const resolveBreaker = (given: BreakerOptions = {}): BreakerSettings =>
  withDefaults(BREAKER_DEFAULTS, given);

export const checkBreaker = (where: string, given: unknown): ConfigProblem[] =>
  checkOptions(where, 'breaker', given, RULES);
