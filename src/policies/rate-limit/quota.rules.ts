import {
  checkedElsewhere,
  checkOptions,
  type OptionRule,
  type OptionRules,
  show,
  trueOrFalse,
} from '../../contracts/option-check.js';
import {
  ALGORITHMS,
  FAIL_MODES,
  isCalendarWindow,
  type RateLimitOptions,
  type RateLimitPlan,
  type RateLimitQuota,
  type RateLimitWindow,
  windowMs,
} from './rate-limit.options.js';

/** RFC 9651, section 3.1: the largest integer a structured field may carry. */
const LARGEST_LIMIT = 999_999_999_999_999;
/** RFC 9651, section 3.3.3: a string that needs no escapes. */
export const PLAIN_STRING = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
const aLimit: OptionRule = (value) => {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) return 'a whole number above 0';
  return (value as number) > LARGEST_LIMIT ? `at most ${LARGEST_LIMIT}` : undefined;
};

const aWindow: OptionRule = (value) =>
  Number.isNaN(windowMs(value as RateLimitWindow))
    ? "whole milliseconds above 0 or a count with s, m, h, d, mo or y, like '10m'"
    : undefined;

/** What every limit on rates takes, each with its own words. */
export const LIMIT_RULES = {
  limit: aLimit,
  window: aWindow,
  shadow: trueOrFalse,
  name: ((value) =>
    typeof value === 'string' && PLAIN_STRING.test(value)
      ? undefined
      : 'printable ASCII without quotes and backslashes') satisfies OptionRule,
  headers: trueOrFalse,
  bucket: ((value) =>
    typeof value === 'string' && value !== '' ? undefined : 'a name') satisfies OptionRule,
  fail: ((value) =>
    FAIL_MODES.includes(value as string) ? undefined : FAIL_MODES.join(', ')) satisfies OptionRule,
  algorithm: ((value) =>
    ALGORITHMS.includes(value as string) ? undefined : ALGORITHMS.join(', ')) satisfies OptionRule,
  burst: checkedElsewhere,
  also: checkedElsewhere,
  lease: checkedElsewhere,
} as const;

const QUOTA_RULES: OptionRules<RateLimitQuota> = { limit: aLimit, window: aWindow, burst: checkedElsewhere };
/** What a plan takes. */
export const PLAN_RULES: OptionRules<RateLimitPlan> = { ...QUOTA_RULES, also: checkedElsewhere };

/** What is wrong with the numbers of a limit on rates, beyond what each option's own rule says. */
export function amountProblems(
  given: RateLimitPlan & Pick<RateLimitOptions, 'algorithm' | 'lease' | 'plans'>,
): string[] {
  return [...missing(given, ''), ...quotaProblems(given, given.algorithm, ''), ...leaseProblems(given)];
}

/** What a limit cannot do without. */
export function missing(given: Partial<RateLimitPlan>, prefix: string): string[] {
  return (['limit', 'window'] as const)
    .filter((name) => given[name] === undefined)
    .map((name) => `${prefix}${name} is undefined; must be ${PLAN_RULES[name](undefined)}.`);
}

/** What only the algorithm can say of a limit, and its further windows. */
export function quotaProblems(
  given: RateLimitPlan,
  algorithm: RateLimitOptions['algorithm'],
  prefix: string,
): string[] {
  const problems = [...algorithmProblems(given, algorithm, prefix)];
  const { also } = given;
  if (also === undefined) return problems;
  if (!Array.isArray(also)) return [...problems, `${prefix}also is ${show(also)}; must be a list of limits.`];
  const windows = [windowMs(given.window)];
  also.forEach((quota: RateLimitQuota, i) => {
    const group = `${prefix}also[${i}]`;
    problems.push(...checkOptions('', group, quota, QUOTA_RULES).map(({ message }) => message));
    if (typeof quota !== 'object' || quota === null || Array.isArray(quota)) return;
    problems.push(...missing(quota, `${group}.`), ...algorithmProblems(quota, algorithm, `${group}.`));
    const length = windowMs(quota.window);
    // Two that are no lengths are not alike: each was told of.
    if (!Number.isNaN(length) && windows.includes(length)) {
      problems.push(`${group}.window is as long as another; keep the stricter.`);
    }
    windows.push(length);
  });
  return problems;
}

function algorithmProblems(
  { burst, window }: Partial<RateLimitQuota>,
  algorithm: RateLimitOptions['algorithm'],
  prefix: string,
): string[] {
  const problems: string[] = [];
  if (burst !== undefined) {
    const wanted = aLimit(burst);
    if (wanted !== undefined) problems.push(`${prefix}burst is ${show(burst)}; must be ${wanted}.`);
    else if (algorithm !== 'token-bucket') {
      problems.push(`${prefix}burst means something to algorithm: 'token-bucket' only; leave it out.`);
    }
  }
  if (algorithm === 'calendar-window' && window !== undefined && !isCalendarWindow(window)) {
    problems.push(`${prefix}window is ${show(window)}; must be 1mo or 1y, or be told in days.`);
  }
  return problems;
}

function leaseProblems({
  lease,
  limit,
  burst = limit,
  also,
  plans,
}: RateLimitPlan & Pick<RateLimitOptions, 'lease' | 'plans'>): string[] {
  if (lease === undefined) return [];
  if (!Number.isSafeInteger(lease) || lease <= 0) {
    return [`lease is ${show(lease)}; must be a whole number above 0.`];
  }
  const least = leastOf([{ limit: burst }, ...listed(also), ...allowances(plans)]);
  return least === undefined || lease <= least
    ? []
    : [`lease is ${lease}; must be at most the smallest limit, ${least}.`];
}

type Amounts = { readonly limit?: unknown; readonly burst?: unknown };

/** What the plans allow, however wrong they are. */
export function allowances(plans: RateLimitOptions['plans']): readonly Amounts[] {
  return Object.values(plans ?? {}).flatMap((plan) => [plan, ...listed(plan?.also)]);
}

export const listed = (also: RateLimitPlan['also']): readonly Amounts[] => (Array.isArray(also) ? also : []);

/** The most that can come at once. */
export function leastOf(quotas: readonly (Amounts | undefined)[]): number | undefined {
  const most = quotas.map((quota) => quota?.burst ?? quota?.limit);
  const known = most.filter((one): one is number => typeof one === 'number');
  return known.length === 0 ? undefined : Math.min(...known);
}
