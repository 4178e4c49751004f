import type { Plan } from '../routing/plan.js';
import type { PlannedRoute } from '../routing/planned-route.js';

/** What the plan does with one request, told without sending it. */
export type RequestExplanation =
  /** The gateway answers by itself, before any route: health. */
  | { readonly outcome: 'reserved' }
  | {
      readonly outcome: 'route';
      readonly route: PlannedRoute;
      /** Decoded path parameters by name. */
      readonly params: Readonly<Record<string, string>>;
    }
  /** OPTIONS, which no route takes: the gateway answers it with the methods of the path. */
  | { readonly outcome: 'options'; readonly allow: readonly string[] }
  | { readonly outcome: 'method-not-allowed'; readonly allow: readonly string[] }
  /** No route has the path, but something in Express may answer: middleware, static files, a team's 404 filter. */
  | { readonly outcome: 'falls-through' }
  | { readonly outcome: 'not-found' };

/**
 * Explains a request the way the edge would decide it.
 *
 * @param path in its canonical form, without a query
 * @param reserved the paths the gateway answers itself
 */
export function explainRequest(
  plan: Plan,
  reserved: ReadonlySet<string>,
  method: string,
  path: string,
): RequestExplanation {
  if (reserved.has(path)) return { outcome: 'reserved' };
  const match = plan.match(method, path);
  if (match !== undefined) {
    const { paramNames } = match.value.facts;
    const params = Object.fromEntries(match.params.map((value, index) => [paramNames[index] ?? '', value]));
    return { outcome: 'route', route: match.value, params };
  }
  if (plan.fallsThrough) return { outcome: 'falls-through' };
  const allow = plan.allowedMethods(path);
  if (allow.length === 0) return { outcome: 'not-found' };
  return { outcome: method === 'OPTIONS' ? 'options' : 'method-not-allowed', allow };
}
