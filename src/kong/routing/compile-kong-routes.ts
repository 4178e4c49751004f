import { atOnce, type Steps } from '../../contracts/steps.js';
import type { KongRoute } from '../kong-configuration.js';
import { buildHostIndex } from './build-host-index.js';
import { KongMatcher } from './kong-matcher.js';
import { type RegexLoad, regexLoadOf } from './regex-load.js';
import { type ReadRoute, RouteReader } from './route.reader.js';
import { partsOf, type RoutePart } from './route-parts.js';
import { comparePriority } from './route-priority.js';
import type { KongRouteProblem } from './route-problem.js';

/** The routes of a Kong file, ready to be matched. */
export interface CompiledKongRoutes {
  readonly matcher: KongMatcher;
  /** What captures a match of the route can have, by number and by name; no entry for routes without any. */
  readonly captureNames: ReadonlyMap<KongRoute, readonly string[]>;
  readonly regexLoad: RegexLoad;
  /** All mistakes of all routes. Routes with any are left out of the matching. */
  readonly problems: readonly KongRouteProblem[];
}

/** Checks all routes, and makes a matcher of those whose service is not disabled. */
export function compileKongRoutes(routes: readonly KongRoute[]): CompiledKongRoutes {
  return atOnce(compilingKongRoutes(routes));
}

/** {@link compileKongRoutes} in steps. */
export function* compilingKongRoutes(routes: readonly KongRoute[]): Steps<CompiledKongRoutes> {
  const reader = new RouteReader();
  const read: ReadRoute[] = [];
  const parts: RoutePart[] = [];
  for (const route of routes) {
    const found = reader.read(route);
    if (found !== undefined && route.service?.enabled !== false) {
      read.push(found);
      parts.push(...partsOf(found));
    }
    yield;
  }
  // Sorting keeps the order of the file among equals.
  parts.sort((a, b) => comparePriority(a.priority, b.priority));
  const { index, places } = yield* buildHostIndex(parts);
  const asked = new Set(read.flatMap(({ conditions }) => conditions.headers.map(({ name }) => name)));
  return {
    matcher: new KongMatcher(index, asked),
    captureNames: new Map(
      read.flatMap(({ route, regexes }) => {
        const names = new Set(regexes.flatMap(({ captureNames }) => captureNames));
        return names.size > 0 ? [[route, [...names]] as const] : [];
      }),
    ),
    regexLoad: yield* regexLoadOf(index, places),
    problems: reader.problems,
  };
}
