import { canonicalPath } from '../contracts/canonical-path.js';
import { type Plan, RefusingPlan } from '../routing/plan.js';
import type { PlannedRoute } from '../routing/planned-route.js';
import type { Match } from '../routing/route-matcher.js';

/** What is known of a request before it is taken. It holds for as long as the plan does: nothing may be awaited in between. */
export interface Outlook {
  /** The canonical path. */
  readonly path: string;
  /** `undefined` where no route takes the request. */
  readonly match: Match<PlannedRoute> | undefined;
  /** It is answered without Express, so it can be served in the protocol it came in. */
  readonly alone: boolean;
}

/**
 * Looks where a request will go.
 *
 * @param url path and query as received
 * @returns `undefined` when no route is asked: what is refused or reserved needs nobody else
 */
export function outlookOn(
  plan: Plan,
  reserved: ReadonlyMap<string, unknown>,
  method: string,
  url: string,
): Outlook | undefined {
  const mark = url.indexOf('?');
  const path = canonicalPath(mark < 0 ? url : url.slice(0, mark));
  if (path === undefined || reserved.has(path)) return undefined;
  // It lets nothing pass, and says so natively.
  if (plan instanceof RefusingPlan) return undefined;
  const match = plan.match(method, path);
  const route = match?.value;
  const alone = route === undefined ? !plan.fallsThrough : route.mode === 'compiled' && !route.deopt;
  return { path, match, alone };
}
