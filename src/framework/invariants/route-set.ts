import type { UpstreamDefinition } from '../../contracts/upstream-definition.js';
import { FILTER_RESPONSE } from '../../policies/filter-response/filter-response.decorator.js';
import { RATE_LIMIT } from '../../policies/rate-limit/rate-limit.options.js';
import { mayOverlap } from '../../routing/path-pattern.js';
import { type CallerRequirement, isEnough } from './caller-requirement.js';
import type { InspectedRoute } from './inspected-route.js';
import type { Invariant } from './invariant.js';

/** Some of the proxy routes, and what can be demanded of them. Immutable: every narrowing returns a new set. */
export class RouteSet {
  constructor(
    private readonly narrowings: string = '',
    private readonly speaksOf: (route: InspectedRoute) => boolean = () => true,
    private readonly mistake: string | undefined = undefined,
    private readonly mayBeIdle: boolean = false,
  ) {}

  /**
   * Those that a path below the prefix, or the prefix itself, could reach: also wider ones, such as `/*path`.
   *
   * @param prefix the public path, a global prefix included: `/admin`
   */
  under(prefix: string): RouteSet {
    const mistake = prefix.startsWith('/')
      ? undefined
      : `under(${JSON.stringify(prefix)}) must begin with a slash.`;
    return this.#narrow(` under ${prefix}`, ({ path }) => mayOverlap(prefix, path), mistake);
  }

  /** Those of an upstream. */
  to(upstream: UpstreamDefinition | string): RouteSet {
    const name = typeof upstream === 'string' ? upstream : upstream?.name;
    const mistake =
      name === undefined
        ? 'to(undefined) names no upstream; give it what defineUpstream(…) returned (a circular import leaves it undefined).'
        : undefined;
    return this.#narrow(` to ${name}`, (route) => route.upstream === name, mistake);
  }

  /** Those that take one of the methods. */
  methods(...methods: [string, ...string[]]): RouteSet {
    const small = methods.find((method) => method !== method.toUpperCase());
    const mistake =
      small === undefined ? undefined : `methods(${JSON.stringify(small)}) must be in capital letters.`;
    return this.#narrow(
      ` that takes ${methods.join(' or ')}`,
      (route) => route.methods === undefined || methods.some((method) => takes(route.methods ?? [], method)),
      mistake,
    );
  }

  /**
   * Those that a function chooses.
   *
   * @param words what they have in common, to finish "every route that …"
   */
  matching(words: string, chooses: (route: InspectedRoute) => boolean): RouteSet {
    return this.#narrow(` that ${words}`, chooses);
  }

  /** All but those. */
  except(...others: [RouteSet, ...RouteSet[]]): RouteSet {
    const words = others.map((other) => ` but those${other.narrowings}`).join(',');
    const mistake = others.find((other) => other.mistake !== undefined)?.mistake;
    return this.#narrow(words, (route) => !others.some((other) => other.speaksOf(route)), mistake);
  }

  /** There may be none of them. Else a set without routes is refused, as a misspelling that protects nothing. */
  ifAny(): RouteSet {
    return new RouteSet(this.narrowings, this.speaksOf, this.mistake, true);
  }

  /**
   * Somebody is asked who he is.
   *
   * @param options `anonymous: false` also refuses routes that let callers without a credential in
   */
  hasAuthentication(options: { readonly anonymous?: boolean } = {}): Invariant {
    const strict = options.anonymous === false;
    return this.satisfies(
      strict ? 'has authentication and lets nobody in without a credential' : 'has authentication',
      ({ access }) =>
        access.requirements.some(({ kind }) => kind === 'authentication') &&
        !(strict && admitsAnonymous(access)),
    );
  }

  /** Every caller is verified by one of these methods, by their names: `jwt`, `api-key`. */
  authenticatesWith(...methods: [string, ...string[]]): Invariant {
    return this.satisfies(
      `authenticates with ${methods.join(' or ')}`,
      ({ access }) =>
        !admitsAnonymous(access) &&
        access.requirements.some((asked) => asked.kind === 'authentication' && isEnough(asked, methods)),
    );
  }

  /** Every caller must have all of these. */
  requires(...requirements: [CallerRequirement, ...CallerRequirement[]]): Invariant {
    return this.satisfies(`requires ${requirements.map(({ words }) => words).join(' and ')}`, ({ access }) =>
      requirements.every((required) => access.requirements.some(required.isMetBy)),
    );
  }

  /** It is not marked `@Public()`. */
  isNotPublic(): Invariant {
    return this.satisfies('is not public', ({ access }) => !access.isPublic);
  }

  /** A limit of the gateway's counts its requests. */
  hasRateLimit(): Invariant {
    return this.satisfies('has a rate limit', ({ policies }) => policies.includes(RATE_LIMIT));
  }

  /** A filter stands on its answers. */
  isFiltered(): Invariant {
    return this.satisfies('is filtered', ({ policies }) => policies.includes(FILTER_RESPONSE));
  }

  /** A policy runs, by its name: `cors`, or one of a team's own. */
  hasPolicy(name: string): Invariant {
    return this.satisfies(`has the policy ${name}`, ({ policies }) => policies.includes(name));
  }

  /**
   * A rule of one's own.
   *
   * @param words to finish "every route …": `is named after its upstream`
   */
  satisfies(words: string, holds: (route: InspectedRoute) => boolean): Invariant {
    const { mistake, mayBeIdle, speaksOf } = this;
    return Object.freeze({
      words: `every route${this.narrowings} ${words}`,
      mistake,
      mayBeIdle,
      speaksOf,
      holds,
    });
  }

  #narrow(words: string, chooses: (route: InspectedRoute) => boolean, mistake?: string): RouteSet {
    return new RouteSet(
      this.narrowings + words,
      (route) => this.speaksOf(route) && chooses(route),
      this.mistake ?? mistake,
      this.mayBeIdle,
    );
  }
}

/** Every proxy route. It may speak of none: an application without routes breaks no rule. */
export const everyRoute = new RouteSet().ifAny();

/** See {@link RouteSet.under}. */
export const under = (prefix: string): RouteSet => new RouteSet().under(prefix);

/** See {@link RouteSet.to}. */
export const to = (upstream: UpstreamDefinition | string): RouteSet => new RouteSet().to(upstream);

/** See {@link RouteSet.methods}. */
export const methods = (...names: [string, ...string[]]): RouteSet => new RouteSet().methods(...names);

/** See {@link RouteSet.matching}. */
export const matching = (words: string, chooses: (route: InspectedRoute) => boolean): RouteSet =>
  new RouteSet().matching(words, chooses);

function admitsAnonymous({ requirements }: InspectedRoute['access']): boolean {
  return requirements.some(({ kind }) => kind === 'anonymous');
}

function takes(methods: readonly string[], method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
}
