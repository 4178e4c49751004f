import { mayOverlap } from '../../routing/path-pattern.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import { takesMethod } from '../../routing/taken-method.js';

/** A declared route that some requests never reach, for a route of the code takes them first. */
export interface RouteOverlap {
  readonly route: string;
  readonly codeRoute: string;
}

/** So many are told; whoever has more has them on purpose. */
const MOST = 100;

/**
 * Declared routes that share paths and methods with routes of the code. Regexes are left out: what they share, nobody can
 * say.
 */
export function routeOverlaps(
  code: readonly PlannedRoute[],
  declared: readonly PlannedRoute[],
): readonly RouteOverlap[] {
  const found: RouteOverlap[] = [];
  for (const route of declared) {
    for (const codeRoute of code) {
      if (!sharePath(route.facts.path, codeRoute.facts.path) || !shareMethod(route, codeRoute)) continue;
      found.push({ route: route.facts.id, codeRoute: codeRoute.facts.id });
      if (found.length >= MOST) return found;
    }
  }
  return found;
}

/** A declared path is a prefix of text, not of segments. */
function sharePath(prefix: string, codePath: string): boolean {
  if (prefix.startsWith('~')) return false;
  return codePath.startsWith(prefix) || mayOverlap(prefix, codePath) || mayOverlap(codePath, prefix);
}

function shareMethod({ facts: one }: PlannedRoute, { facts: other }: PlannedRoute): boolean {
  if (one.methods === undefined || other.methods === undefined) return true;
  const methods = new Set(other.methods);
  return one.methods.some((method) => takesMethod(methods, method));
}
