import {
  checkedElsewhere,
  checkOptions,
  nearestName,
  type OptionRule,
  type OptionRules,
  show,
  trueOrFalse,
} from '../../contracts/option-check.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import {
  FAIL_MODES,
  type RateLimitBy,
  type RateLimitOptions,
  type RateLimitPlan,
  type RateLimitWindow,
  windowMs,
} from './rate-limit.options.js';

/** The keys that are one word. */
const WORDS = ['subject', 'consumer', 'api-key', 'address', 'route', 'upstream', 'global'];
/** Keys under which everybody counts together: nobody's plan can stand for all. */
const SHARED: readonly unknown[] = ['route', 'upstream', 'global'];
/** RFC 9651, section 3.1: the largest integer a structured field may carry. */
const LARGEST_LIMIT = 999_999_999_999_999;
/** RFC 9651, section 3.3.3: a string that needs no escapes. */
const PLAIN_STRING = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const aLimit: OptionRule = (value) => {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) return 'a whole number above 0';
  return (value as number) > LARGEST_LIMIT ? `at most ${LARGEST_LIMIT}` : undefined;
};

const aWindow: OptionRule = (value) =>
  Number.isNaN(windowMs(value as RateLimitWindow))
    ? "whole milliseconds above 0 or a count with s, m, h or d, like '10m'"
    : undefined;

const aName: OptionRule = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'the name of a claim';

/** What both limits take, each with its own words. */
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
} as const;

const RULES: OptionRules<RateLimitOptions> = {
  ...LIMIT_RULES,
  by: (value) => {
    if (typeof value === 'function' || WORDS.includes(value as string)) return undefined;
    // Its one member is judged below.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    const nearest = typeof value === 'string' ? nearestName(value, WORDS) : undefined;
    const all = `${WORDS.join(', ')}, { claim }, { header } or a function`;
    return nearest === undefined ? all : `${all}; did you mean '${nearest}'?`;
  },
  plans: checkedElsewhere,
  planBy: checkedElsewhere,
  cost: checkedElsewhere,
};

const PLAN_RULES: OptionRules<RateLimitPlan> = { limit: aLimit, window: aWindow };

/** Everything wrong with a declaration on this route, in plain words. */
export function rateLimitProblems(given: RateLimitOptions, route: RouteFacts): string[] {
  return [
    ...checkOptions('', '', given, RULES).map(({ message }) => sentence(message)),
    ...missing(given, ''),
    ...keyProblems(given.by, route),
    ...planProblems(given, route),
    ...costProblems(given),
  ];
}

/** What a limit cannot do without. */
export function missing(given: Partial<RateLimitPlan>, prefix: string): string[] {
  return (['limit', 'window'] as const)
    .filter((name) => given[name] === undefined)
    .map((name) => `${prefix}${name} is undefined; must be ${PLAN_RULES[name](undefined)}.`);
}

function keyProblems(by: RateLimitBy | undefined, route: RouteFacts): string[] {
  if (typeof by === 'object' && by !== null && !Array.isArray(by)) return memberProblems(by, route);
  if ((by === 'subject' || by === 'consumer') && !route.authenticated) return [publicRoute(`'${by}'`)];
  if (by === 'api-key') {
    if (!route.authenticated) return [publicRoute("'api-key'")];
    const { verifiedBy } = route;
    if (verifiedBy === undefined || verifiedBy.includes('api-key')) return [];
    return [
      `by is 'api-key', but the route identifies callers by ${verifiedBy.join(' or ') || 'nothing'}, never by an API key; accept one with apiKey() or count by: 'subject'.`,
    ];
  }
  if (by === 'upstream' && route.upstream === undefined) {
    return ["by is 'upstream', but the route has none; count by: 'route'."];
  }
  return [];
}

function memberProblems(by: object, route: RouteFacts): string[] {
  const [name, ...others] = Object.keys(by);
  if (name === undefined || others.length > 0) {
    return [`by is ${show(by)}; must name one claim or one header.`];
  }
  const problems = checkOptions('', 'by', by, {
    claim: aName,
    header: (value) => (typeof value === 'string' && TOKEN.test(value) ? undefined : 'the name of a header'),
  } satisfies OptionRules<{ claim: string; header: string }>).map(({ message }) => message);
  if (Object.values(by)[0] === undefined) problems.push(`by.${name} is undefined; must be a name.`);
  if (name === 'claim' && !route.authenticated) problems.push(publicRoute('a claim'));
  return problems;
}

function planProblems({ plans, planBy, by }: RateLimitOptions, route: RouteFacts): string[] {
  const problems: string[] = [];
  if (planBy !== undefined) {
    problems.push(
      ...checkOptions<{ claim: string }>('', 'planBy', planBy, { claim: aName }).map(
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
      problems.push(...missing(plan as Partial<RateLimitPlan>, `${group}.`));
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

function costProblems({ cost, limit, plans }: RateLimitOptions): string[] {
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
  const limits = [limit, ...Object.values(plans ?? {}).map((plan) => plan?.limit)];
  const least = limits.find((one) => typeof one === 'number' && one < cost);
  return least === undefined
    ? []
    : [`cost is ${cost}; must be at most the limit, ${least}, or nothing passes.`];
}

const publicRoute = (by: string): string =>
  `by is ${by}, but the route is public; authenticate it or count by: 'address'.`;

/** A question ends a sentence by itself. */
const sentence = (message: string): string => message.replace(/\?\.$/, '?');
