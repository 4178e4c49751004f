import type { AccessRequirement } from '../contracts/route-access.js';
import type { PlannedRoute } from '../routing/planned-route.js';

/** A route as the admin port and the boot log show it. */
export interface RouteView {
  readonly route: string;
  readonly methods: readonly string[] | 'ALL';
  readonly path: string;
  readonly handler: string;
  readonly upstream: string | undefined;
  /** In the order they run. */
  readonly policies: readonly string[];
  /** Policies switched off, with the reason where one was asked for. */
  readonly exceptions: readonly string[];
  readonly mode: 'compiled' | 'interpreted';
  /** Why it is interpreted. */
  readonly reasons: readonly string[];
  readonly body: 'streamed' | 'buffered';
  readonly bufferLimitBytes: number | undefined;
  /** Who may call it. */
  readonly access: AccessView;
}

/** Who may call a route: `portcullis routes --auth`. */
export interface AccessView {
  /** `@Public()`: nobody is asked who he is. */
  readonly public: boolean;
  /** Callers without a credential are let in, as a consumer of their own. */
  readonly anonymous: boolean;
  /** What is asked of callers; every one must be met. */
  readonly requirements: readonly AccessRequirement[];
  /** Guards of the team's own, which decide too. */
  readonly guards: readonly string[];
}

/** The proxy routes of a plan as views. */
export function routeViews(routes: readonly PlannedRoute[]): readonly RouteView[] {
  return routes.flatMap(({ facts, mode, policies, exceptions, reasons, access }) => {
    if (mode === 'foreign') return [];
    const limits = policies.flatMap(({ bufferLimitBytes }) => bufferLimitBytes ?? []);
    return {
      route: facts.id,
      methods: facts.methods ?? 'ALL',
      path: facts.path,
      handler: facts.handler,
      upstream: facts.upstream,
      policies: policies.map(({ name, description }) =>
        description === '' ? name : `${name} ${description}`,
      ),
      exceptions,
      mode,
      reasons,
      body: limits.length === 0 ? 'streamed' : 'buffered',
      bufferLimitBytes: limits.length === 0 ? undefined : Math.min(...limits),
      access: {
        public: access.isPublic,
        anonymous: access.requirements.some(({ kind }) => kind === 'anonymous'),
        requirements: access.requirements,
        guards: guardsIn(reasons),
      },
    };
  });
}

const GUARD = 'guard ';

/** A guard that the compiler does not know is a reason to interpret its route. */
function guardsIn(reasons: readonly string[]): readonly string[] {
  return reasons.filter((reason) => reason.startsWith(GUARD)).map((reason) => reason.slice(GUARD.length));
}
