import { expect } from 'vitest';
import { compileKongRoutes } from '../../src/kong/routing/compile-kong-routes.js';
import type { KongRequest } from '../../src/kong/routing/kong-request.js';
import { kongRequest, kongRoutes, type RouteSketch } from './kong.routes.js';

/** Section of KONG.md, what it says, the routes in file order, a request, and the answer as {@link answerOf} writes it. */
export type KongMatchCase = readonly [
  section: string,
  what: string,
  routes: readonly RouteSketch[],
  request: string | readonly [line: string, others: Partial<KongRequest>],
  answer: string | undefined,
];

/** Compiles the routes of a case, which have no mistakes, and compares the answer. */
export function expectMatch([, , routes, request, answer]: KongMatchCase): void {
  const { matcher, problems } = compileKongRoutes(kongRoutes(routes));

  const match = matcher.match(typeof request === 'string' ? kongRequest(request) : kongRequest(...request));

  expect(problems).toEqual([]);
  expect(answerOf(match)).toBe(answer);
}

/** The route's name, and behind it what of the path it matched; or the status of one that wants https. */
export function answerOf(
  match: ReturnType<ReturnType<typeof compileKongRoutes>['matcher']['match']>,
): string | undefined {
  if (match === undefined) return undefined;
  if (match.kind === 'insecure') return `${match.route.name}: ${match.statusCode}`;
  return match.matchedPath === undefined ? match.route.name : `${match.route.name} ${match.matchedPath}`;
}
