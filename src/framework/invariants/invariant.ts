import type { InspectedRoute } from './inspected-route.js';

/** A rule over the compiled table: start refuses an application that breaks it. */
export interface Invariant {
  /** The rule as a sentence: `every route under /admin requires the scope admin`. */
  readonly words: string;
  /** What is wrong with the rule itself; `undefined` when nothing. */
  readonly mistake: string | undefined;
  /** Whether it may speak of no route at all, which is a misspelling otherwise. */
  readonly mayBeIdle: boolean;
  readonly speaksOf: (route: InspectedRoute) => boolean;
  readonly holds: (route: InspectedRoute) => boolean;
}
