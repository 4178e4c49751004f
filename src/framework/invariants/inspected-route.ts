import type { RouteAccess } from '../../contracts/route-access.js';
import type { PlannedRoute } from '../../routing/planned-route.js';

/** A proxy route as an invariant sees it: what was compiled, and not what was written. */
export interface InspectedRoute {
  /** `GET /api/users/:id`. */
  readonly id: string;
  /** `undefined` takes every method. */
  readonly methods: readonly string[] | undefined;
  readonly path: string;
  /** `UsersController.one`. */
  readonly handler: string;
  readonly upstream: string | undefined;
  /** The names of the policies that run, in their order. */
  readonly policies: readonly string[];
  readonly access: RouteAccess;
}

export function inspectRoute({ facts, policies, access }: PlannedRoute): InspectedRoute {
  const { id, methods, path, handler, upstream } = facts;
  return { id, methods, path, handler, upstream, policies: policies.map(({ name }) => name), access };
}
