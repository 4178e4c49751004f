import {
  checkOptions,
  nearestName,
  type OptionRule,
  type OptionRules,
  show,
} from '../../../contracts/option-check.js';
import type { RouteFacts } from '../../../contracts/route-facts.js';
import type { RateLimitBy } from '../rate-limit.options.js';

/** The keys that are one word. */
const WORDS = ['subject', 'consumer', 'api-key', 'address', 'route', 'upstream', 'global'];
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The name of a claim. */
export const CLAIM_NAME: OptionRule = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'the name of a claim';

/** Whom a limit may count. */
export const BY_RULE: OptionRule = (value) => {
  if (typeof value === 'function' || WORDS.includes(value as string)) return undefined;
  // Its one member is judged below.
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
  const nearest = typeof value === 'string' ? nearestName(value, WORDS) : undefined;
  const all = `${WORDS.join(', ')}, { claim }, { header } or a function`;
  return nearest === undefined ? all : `${all}; did you mean '${nearest}'?`;
};

/** What is wrong with whom a limit counts on this route, in plain words. */
export function keyProblems(by: RateLimitBy | undefined, route: RouteFacts): string[] {
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
    claim: CLAIM_NAME,
    header: (value) => (typeof value === 'string' && TOKEN.test(value) ? undefined : 'the name of a header'),
  } satisfies OptionRules<{ claim: string; header: string }>).map(({ message }) => message);
  if (Object.values(by)[0] === undefined) problems.push(`by.${name} is undefined; must be a name.`);
  if (name === 'claim' && !route.authenticated) problems.push(publicRoute('a claim'));
  return problems;
}

const publicRoute = (by: string): string =>
  `by is ${by}, but the route is public; authenticate it or count by: 'address'.`;
