import {
  checkedElsewhere,
  checkOptions,
  type OptionRules,
  show,
  trueOrFalse,
} from '../../contracts/option-check.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { BY_RULE, CLAIM_NAME, keyProblems } from './keys/key.rules.js';
import {
  allowances,
  amountProblems,
  LIMIT_RULES,
  leastOf,
  listed,
  missing,
  PLAIN_STRING,
  PLAN_RULES,
  quotaProblems,
} from './quota.rules.js';
import type { RateLimitOptions, RateLimitPlan } from './rate-limit.options.js';
import { storeProblems } from './store.rules.js';

/** Keys under which everybody counts together: nobody's plan can stand for all. */
const SHARED: readonly unknown[] = ['route', 'upstream', 'global'];
const RULES: OptionRules<RateLimitOptions> = {
  ...LIMIT_RULES,
  by: BY_RULE,
  plans: checkedElsewhere,
  planBy: checkedElsewhere,
  cost: checkedElsewhere,
  headers: (value) =>
    typeof value === 'boolean' || typeof value === 'function' ? undefined : 'true, false or a function',
  countRefused: trueOrFalse,
  store: checkedElsewhere,
};

/** Everything wrong with a declaration on this route, in plain words. */
export function rateLimitProblems(given: RateLimitOptions, route: RouteFacts): string[] {
  return [
    ...checkOptions('', '', given, RULES).map(({ message }) => sentence(message)),
    ...amountProblems(given),
    ...keyProblems(given.by, route),
    ...planProblems(given, route),
    ...costProblems(given),
    ...countRefusedProblems(given),
    ...storeProblems(given.store),
  ];
}

function planProblems({ plans, planBy, by, algorithm }: RateLimitOptions, route: RouteFacts): string[] {
  const problems: string[] = [];
  if (planBy !== undefined) {
    problems.push(
      ...checkOptions<{ claim: string }>('', 'planBy', planBy, { claim: CLAIM_NAME }).map(
        ({ message }) => message,
      ),
    );
    if (typeof planBy === 'object' && planBy !== null && planBy.claim === undefined) {
      problems.push('planBy.claim is undefined; must be the name of a claim.');
    }
    if (plans === undefined) problems.push('planBy is given without plans; name the plans and their limits.');
  }
  if (plans === undefined) return problems;
  if (typeof plans !== 'object' || plans === null || Array.isArray(plans)) {
    return [...problems, `plans is ${show(plans)}; must be an object of plans by their names.`];
  }
  const names = Object.keys(plans);
  if (names.length === 0) problems.push('plans is empty; must name at least one, or be left out.');
  for (const name of names) {
    if (!PLAIN_STRING.test(name)) {
      problems.push(
        `the plan ${show(name)} must be named in printable ASCII without quotes and backslashes.`,
      );
    }
    const plan = plans[name] as unknown;
    const group = `plans.${name}`;
    const found = checkOptions('', group, plan, PLAN_RULES).map(({ message }) => message);
    problems.push(...found);
    if (typeof plan === 'object' && plan !== null && !Array.isArray(plan)) {
      problems.push(
        ...missing(plan as Partial<RateLimitPlan>, `${group}.`),
        ...quotaProblems(plan as RateLimitPlan, algorithm, `${group}.`),
      );
    }
  }
  if (SHARED.includes(by)) {
    problems.push(`plans need a key of one caller, but by is ${show(by)}; count by: 'consumer'.`);
  }
  if (!route.authenticated) {
    problems.push('plans are given, but the route is public and nobody has one; authenticate it.');
  }
  return problems;
}

function costProblems({ cost, limit, burst = limit, also, plans }: RateLimitOptions): string[] {
  if (cost === undefined || cost === 1) return [];
  if (typeof cost === 'function') {
    // A promise is no number: every request would count 1.
    return cost.constructor.name === 'AsyncFunction'
      ? ['cost is async; must tell at once from the exchange.']
      : [];
  }
  if (!Number.isSafeInteger(cost) || cost <= 0) {
    return [`cost is ${show(cost)}; must be a whole number above 0 or a function.`];
  }
  const least = leastOf([{ limit: burst }, ...listed(also), ...allowances(plans)]);
  return least === undefined || cost <= least
    ? []
    : [`cost is ${cost}; must be at most the limit, ${least}, or nothing passes.`];
}

function countRefusedProblems({ countRefused, algorithm, lease }: RateLimitOptions): string[] {
  if (countRefused !== true) return [];
  const problems: string[] = [];
  if (algorithm === 'sliding-window' || algorithm === 'token-bucket') {
    problems.push(
      `countRefused means nothing to algorithm: '${algorithm}'; count in fixed-window or calendar-window.`,
    );
  }
  if (lease !== undefined) {
    problems.push(
      'countRefused is given with lease, which believes a refusal without asking again; leave one out.',
    );
  }
  return problems;
}

/** A question ends a sentence by itself. */
const sentence = (message: string): string => message.replace(/\?\.$/, '?');
