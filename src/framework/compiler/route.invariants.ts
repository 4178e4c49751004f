import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { PathPattern } from '../../routing/path-pattern.js';
import type { PlannedRoute } from '../../routing/planned-route.js';

/** What the invariants need to know of a proxy route beyond its plan. */
export interface RouteUnderCheck {
  readonly route: PlannedRoute;
  /** Declared public: `@Public()`. */
  readonly isPublic: boolean;
  readonly isFiltered: boolean;
  readonly isUnfilteredOnPurpose: boolean;
  /** Host and version that a request must have besides method and path; `''` when none is asked for. */
  readonly condition: string;
  /** The path as the upstream sees it: the public pattern with the prefix replaced. */
  readonly upstreamPattern: PathPattern | undefined;
}

/** What must hold over all routes together before anything listens. */
export function checkInvariants(routes: readonly RouteUnderCheck[]): readonly ConfigProblem[] {
  return [
    ...checkIdentity(routes),
    ...checkDuplicates(routes),
    ...checkFilters(routes),
    ...checkTunnels(routes),
  ];
}

/** Closed by default: a route without authentication says so. */
function checkIdentity(routes: readonly RouteUnderCheck[]): ConfigProblem[] {
  return routes
    .filter(({ isPublic, route }) => !isPublic && !route.facts.authenticated)
    .map(({ route }) => ({
      where: route.facts.handler,
      message: `${route.facts.id} has no authentication; add @Authenticate(…), a default in GatewayModule.forRoot({ authentication }), or @Public() when it is meant to be open.`,
    }));
}

/** Two routes of one shape: the second would never be reached. */
function checkDuplicates(routes: readonly RouteUnderCheck[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seen = new Map<string, PlannedRoute[]>();
  for (const { route, condition } of routes) {
    if (route.pattern === undefined) continue;
    const shape = `${condition} ${shapeOf(route.pattern)}`;
    const earlier = seen.get(shape) ?? [];
    const winner = earlier.find((other) => coversMethods(other, route));
    if (winner !== undefined) {
      problems.push({
        where: route.facts.handler,
        message: `${route.facts.id} can never be reached: ${winner.facts.handler} (${winner.facts.id}) takes the same requests first; remove one or change its path.`,
      });
    }
    seen.set(shape, [...earlier, route]);
  }
  return problems;
}

/** A wider route that passes an upstream through unfiltered would leak what the filtered one beside it removes. */
function checkFilters(routes: readonly RouteUnderCheck[]): ConfigProblem[] {
  const filtered = routes.filter(({ isFiltered }) => isFiltered);
  const problems: ConfigProblem[] = [];
  for (const candidate of routes) {
    if (candidate.isFiltered || candidate.isUnfilteredOnPurpose) continue;
    const leaked = filtered.find(
      (other) =>
        other.route.facts.upstream === candidate.route.facts.upstream &&
        covers(candidate.upstreamPattern, other.upstreamPattern),
    );
    if (leaked === undefined) continue;
    const { facts } = candidate.route;
    problems.push({
      where: facts.handler,
      message: `${facts.id} passes ${facts.upstream} through unfiltered and also reaches what ${leaked.route.facts.handler} filters; add @FilterResponse(…), or @Unfiltered('why') when it is meant.`,
    });
  }
  return problems;
}

/** What a filter takes out of answers would pass it by in a tunnel. */
function checkTunnels(routes: readonly RouteUnderCheck[]): ConfigProblem[] {
  return routes
    .filter(({ isFiltered, route }) => isFiltered && route.facts.upgrades === true)
    .map(({ route }) => ({
      where: route.facts.handler,
      message: `${route.facts.id} is filtered and lets WebSockets through, which no filter sees; give WebSockets a route of their own with @Unfiltered('why'), or take them off here with @NoWebSocket('why').`,
    }));
}

function shapeOf(pattern: PathPattern): string {
  return pattern.segments
    .map((segment) => (segment.kind === 'literal' ? `/${segment.text}` : `/${segment.kind}`))
    .join('');
}

function coversMethods(first: PlannedRoute, second: PlannedRoute): boolean {
  const { methods } = first.facts;
  if (methods === undefined) return true;
  return second.facts.methods?.every((method) => methods.includes(method)) ?? false;
}

/** Whether every path of `narrow` is one of `wide`. Unknown patterns are taken to be covered. */
function covers(wide: PathPattern | undefined, narrow: PathPattern | undefined): boolean {
  if (wide === undefined || narrow === undefined) return true;
  for (const [index, segment] of wide.segments.entries()) {
    const other = narrow.segments[index];
    if (segment.kind === 'wildcard') return other !== undefined;
    if (other === undefined || other.kind === 'wildcard') return false;
    if (segment.kind === 'literal' && (other.kind !== 'literal' || other.text !== segment.text)) return false;
  }
  return wide.segments.length === narrow.segments.length;
}
