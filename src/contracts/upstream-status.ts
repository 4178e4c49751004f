import type { BreakerState } from './upstream-observer.js';

/** How an upstream fares, for health and the admin port. Never for clients: it holds addresses. */
export interface UpstreamStatus {
  readonly name: string;
  /** Not while its breaker is open; an upstream without a breaker always is. */
  readonly healthy: boolean;
  /** Turns readiness red while it is not healthy. */
  readonly critical: boolean;
  /** `undefined` when it is switched off. The counts are of the rolling window. */
  readonly breaker:
    | {
        readonly state: BreakerState;
        readonly successes: number;
        readonly failures: number;
        readonly rejected: number;
      }
    | undefined;
  readonly targets: readonly TargetStatus[];
}

export interface TargetStatus {
  /** `host:port`. */
  readonly id: string;
  readonly weight: number;
  /** `undefined` while there is no connection to it, and where the forwarder keeps no pool of its own. */
  readonly pool: PoolStatus | undefined;
}

/** Connections to one target. */
export interface PoolStatus {
  readonly busy: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  /** Requests on them, where one connection carries several (HTTP/2). */
  readonly streams?: number;
}
