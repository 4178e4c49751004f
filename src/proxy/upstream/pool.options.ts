import type { ConfigProblem } from '../../contracts/config-problem.js';
import { checkOptions, type OptionRules, wholeNumber, withDefaults } from '../../contracts/option-check.js';
import type { PoolOptions } from '../../contracts/upstream-definition.js';

/** The options of the pool of connections to each target, with every default filled in. */
export type PoolSettings = Readonly<Required<PoolOptions>>;

export const POOL_DEFAULTS: PoolSettings = Object.freeze({
  maxConnections: 1_024,
  maxWaiting: 1_024,
  idleMs: 30_000,
  maxAgeMs: 300_000,
});

const RULES: OptionRules<PoolOptions> = {
  maxConnections: wholeNumber(1, 65_535),
  maxWaiting: wholeNumber(0, 1_000_000),
  idleMs: wholeNumber(0, 3_600_000),
  maxAgeMs: wholeNumber(0, 86_400_000),
};

export const resolvePool = (given: PoolOptions = {}): PoolSettings => withDefaults(POOL_DEFAULTS, given);

export const checkPool = (where: string, given: unknown): ConfigProblem[] =>
  checkOptions(where, 'pool', given, RULES);
