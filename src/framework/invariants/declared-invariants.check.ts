import { accessPhrase } from '../../admin/access.phrase.js';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import { type InspectedRoute, inspectRoute } from './inspected-route.js';
import type { Invariant } from './invariant.js';

/** Injects the list of Invariant given to `GatewayModule.forRoot({ invariants })`. */
export const INVARIANTS = Symbol('portcullis.invariants');

const WHERE = 'GatewayModule.forRoot({ invariants })';

/** Every route that breaks a declared rule, and every rule that is none. */
export function checkDeclaredInvariants(
  invariants: readonly Invariant[],
  routes: readonly PlannedRoute[],
): readonly ConfigProblem[] {
  const inspected = routes.map(inspectRoute);
  return invariants.flatMap((invariant) => checkOne(invariant, inspected));
}

function checkOne(invariant: Invariant, routes: readonly InspectedRoute[]): readonly ConfigProblem[] {
  const { words, mistake, mayBeIdle } = invariant;
  if (mistake !== undefined) return [{ where: WHERE, message: `"${words}": ${mistake}` }];
  try {
    const meant = routes.filter(invariant.speaksOf);
    if (meant.length === 0 && !mayBeIdle) {
      return [
        {
          where: WHERE,
          message: `"${words}" speaks of no route there is, so it protects nothing; correct it, or say ifAny().`,
        },
      ];
    }
    return meant.filter((route) => !invariant.holds(route)).map((route) => broken(words, route));
  } catch (error) {
    return [{ where: WHERE, message: `"${words}" cannot be told: ${String(error)}` }];
  }
}

function broken(words: string, { handler, id, access, policies }: InspectedRoute): ConfigProblem {
  const has = policies.length === 0 ? 'no policy' : policies.join(', ');
  return {
    where: handler,
    message: `${id} breaks the invariant "${words}": callers are ${accessPhrase(access)}; its policies are ${has}.`,
  };
}
