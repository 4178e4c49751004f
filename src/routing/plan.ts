import type { ErrorAnswer } from '../contracts/error-answer.js';
import { GatewayError } from '../contracts/gateway-error.js';
import type { Dress } from '../contracts/policy.js';
import { type PathParams, paramValues } from './path-pattern.js';
import type { PlannedRoute } from './planned-route.js';
import { type Match, RouteMatcher } from './route-matcher.js';
import type { RouteSource } from './route-source.js';
import { takesMethod } from './taken-method.js';

/** A route only Express can match: asked when it could stand before what the matcher found. */
export interface OpaqueRoute {
  readonly route: PlannedRoute;
  readonly match: (path: string) => PathParams | undefined;
}

/**
 * The compiled, immutable route table. It is swapped whole, so a request sees one plan from start to end.
 */
export class Plan {
  readonly #matcher: RouteMatcher<PlannedRoute>;
  readonly #opaque: readonly (OpaqueRoute & { readonly methods: ReadonlySet<string> | undefined })[];

  /** Every route in the order they are tried: those of the code, then the declared ones. */
  readonly routes: readonly PlannedRoute[];
  /** Whether any route takes WebSockets. */
  readonly upgrades: boolean;
  /** Writes errors of requests that no route takes; `undefined` where those are problem documents. */
  readonly unmatchedAnswer: ErrorAnswer | undefined;

  /** @param codeRoutes those of the code */
  constructor(
    readonly codeRoutes: readonly PlannedRoute[],
    private readonly opaque: readonly OpaqueRoute[] = [],
    /** Something in Express may answer requests that no route matches: middleware, static files, a team's 404 filter. */
    readonly fallsThrough = false,
    /** What answers are given where no route takes a request. */
    readonly dress: Dress | undefined = undefined,
    /** Asked when no route of the code takes a request; absent: nobody is. */
    readonly declared: RouteSource | undefined = undefined,
  ) {
    this.routes = declared === undefined ? codeRoutes : [...codeRoutes, ...declared.routes];
    this.upgrades = declared?.upgrades === true || codeRoutes.some(({ facts }) => facts.upgrades === true);
    this.unmatchedAnswer = codeRoutes.length === 0 ? declared?.unmatchedAnswer : undefined;
    this.#matcher = new RouteMatcher(
      codeRoutes.flatMap((route) => {
        const { pattern } = route;
        if (pattern === undefined) return [];
        return [{ pattern, methods: methodSet(route), rank: route.rank, value: route }];
      }),
    );
    this.#opaque = opaque
      .map(({ route, match }) => ({ route, match, methods: methodSet(route) }))
      .sort((a, b) => a.route.rank - b.route.rank);
  }

  /** The same routes of the code with other declared ones behind them. */
  beside(declared: RouteSource | undefined): Plan {
    return new Plan(this.codeRoutes, this.opaque, this.fallsThrough, this.dress, declared);
  }

  /** The route of the code that takes a request. */
  match(method: string, path: string): Match<PlannedRoute> | undefined {
    const found = this.#matcher.match(method, path);
    if (this.#opaque.length === 0) return found;
    const limit = found?.rank ?? Number.POSITIVE_INFINITY;
    for (const { route, match, methods } of this.#opaque) {
      if (route.rank > limit) break;
      const params = takesMethod(methods, method) ? match(path) : undefined;
      if (params !== undefined) {
        return { value: route, rank: route.rank, params: paramValues(route.facts.paramNames, params) };
      }
    }
    return found;
  }

  /** The methods that routes of the code take at a path, for `Allow`; empty when none has the path. */
  allowedMethods(path: string): readonly string[] {
    const others = this.#opaque.flatMap(({ match, methods }) =>
      methods !== undefined && match(path) !== undefined ? [...methods] : [],
    );
    return this.#matcher.allowedMethods(path, others);
  }
}

/** A plan before there is any: every request waits in Express's hands. */
export const EMPTY_PLAN = new Plan([], [], true);

/**
 * A plan that lets nothing pass: what was added to the running application could not be judged.
 * Every request is answered with the gateway's own failure.
 */
export class RefusingPlan extends Plan {
  constructor(readonly cause: unknown) {
    super([]);
  }

  override beside(): Plan {
    return this;
  }

  override match(): never {
    throw new GatewayError('internal', { cause: this.cause });
  }
}

function methodSet({ facts }: PlannedRoute): ReadonlySet<string> | undefined {
  return facts.methods === undefined ? undefined : new Set(facts.methods);
}
