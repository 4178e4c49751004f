import type { Exchange } from '../contracts/exchange.js';
import type { Dress, Preflight, ResponseStage, Stage, StageName } from '../contracts/policy.js';
import type { RouteAccess } from '../contracts/route-access.js';
import type { RouteFacts } from '../contracts/route-facts.js';
import type { PathPattern } from './path-pattern.js';

/**
 * Which way a route runs.
 *
 * - `compiled`: straight from the listener through its stages to the handler.
 * - `interpreted`: through Express and Nest, with the same stages at the gateway's guard and interceptor.
 * - `foreign`: not a proxy route; Express answers it and the gateway only correlates and records.
 */
export type RouteMode = 'compiled' | 'interpreted' | 'foreign';

/** A policy as it stands on a route, for the boot table and the admin views. */
export interface PlannedPolicy {
  readonly name: string;
  readonly stage: StageName;
  readonly description: string;
  /** Set when the policy holds a whole body in memory. */
  readonly bufferLimitBytes: number | undefined;
}

/** How preflights are answered. */
export interface PlannedPreflight {
  /** What runs first. */
  readonly before: readonly Stage[];
  readonly answer: Preflight;
  /** What the answer is given by other policies. */
  readonly dress: Dress | undefined;
}

/** One route of the plan: everything about it is resolved. */
export interface PlannedRoute {
  readonly facts: RouteFacts;
  /** `undefined` when Express's grammar says more than the matcher compiles. */
  readonly pattern: PathPattern | undefined;
  readonly rank: number;
  readonly mode: RouteMode;
  /** Why the route is not compiled; empty when it is. */
  readonly reasons: readonly string[];
  readonly policies: readonly PlannedPolicy[];
  /** Policies switched off with a reason: `unfiltered: public price list`. */
  readonly exceptions: readonly string[];
  readonly before: readonly Stage[];
  readonly after: readonly ResponseStage[];
  /** What every answer of the route is given; `undefined` when nothing. */
  readonly dress: Dress | undefined;
  /** Answers preflights for the route; `undefined` where they are requests like any other. */
  readonly preflight: PlannedPreflight | undefined;
  /** Who may call it. */
  readonly access: RouteAccess;
  /** Puts the upstream request to be on the exchange. */
  readonly prepare: (exchange: Exchange) => void;
  /** Calls the handler with its arguments resolved; only on compiled routes. */
  readonly handle: ((exchange: Exchange) => unknown) | undefined;
  /** The handler asks for `@Body()`: on the interpreted way the body is read before it runs. */
  readonly readsBody: boolean;
  /** What the handler returns is material for Nest (`@Sse`, `@Render`, `@Redirect`), and no answer yet. */
  readonly nestAnswers: boolean;
  /** A team's exception filter may answer errors of this compiled route: they are handed to Express. */
  readonly deopt: boolean;
}
