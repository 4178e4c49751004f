import type { ConfigProblem } from '../contracts/config-problem.js';
import {
  checkOptions,
  numberWithin,
  type OptionRules,
  wholeNumber,
  wholeNumbers,
  withDefaults,
} from '../contracts/option-check.js';
import type { RetryOptions } from '../contracts/upstream-definition.js';

/** The options of retries with every default filled in. */
export type RetrySettings = Readonly<Required<RetryOptions>> & {
  /** A target that did not answer in time is a reason for another attempt, as to nginx; absent: it is none. */
  readonly afterTimeout?: true;
};

export const RETRY_DEFAULTS: RetrySettings = Object.freeze({
  attempts: 1,
  budgetPercent: 20,
  statuses: Object.freeze([]),
});

const RULES: OptionRules<RetryOptions> = {
  attempts: wholeNumber(0, 10),
  budgetPercent: numberWithin(0, 100),
  statuses: wholeNumbers(400, 599),
};

export const resolveRetry = (given: RetryOptions = {}): RetrySettings => withDefaults(RETRY_DEFAULTS, given);

export const checkRetry = (where: string, given: unknown): ConfigProblem[] =>
  checkOptions(where, 'retry', given, RULES);
