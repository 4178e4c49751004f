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
}

/** The proxy routes of a plan as views. */
export function routeViews(routes: readonly PlannedRoute[]): readonly RouteView[] {
  return routes.flatMap(({ facts, mode, policies, exceptions, reasons }) => {
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
    };
  });
}
