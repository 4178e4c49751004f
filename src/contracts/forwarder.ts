import type { Cancellation } from './cancellation.js';
import type { UpstreamRequest } from './upstream-request.js';
import type { UpstreamResponse } from './upstream-response.js';
import type { PoolStatus } from './upstream-status.js';

/** One network address of an upstream. */
export interface Target {
  /** `host:port`, unique within the upstream. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly weight: number;
}

/** The clocks of one attempt, in milliseconds; 0 switches one off. */
export interface AttemptTimeouts {
  /** From the start of the dial until the connection stands. */
  readonly connectMs: number;
  /** From the last byte of the request until the response's header section is complete. */
  readonly headersMs: number;
  /** The longest silence inside a body, in either direction. */
  readonly idleMs: number;
}

/** What an attempt tells about itself while it runs: for retries, timings and spans. */
export interface AttemptTrace {
  /** A connection taken from the pool had served before. */
  reused: boolean;
  /** Any request byte was handed to the socket. */
  sent: boolean;
  /** Any byte of the answer came. */
  answered: boolean;
  /** The upstream said that it did nothing with the request: it can be sent again, whatever its method. */
  unprocessed?: boolean;
}

/**
 * Carries one request to one target over one protocol.
 *
 * Resolves at the response's header section. Rejects with a GatewayError: an `upstream-*` code, `overloaded` when no
 * connection came free, a code of the client's when its body broke off, stalled or was not as long as declared, or the
 * cancellation's reason. A body that breaks later is told to its sink, never swallowed.
 */
export interface Forwarder {
  forward(
    request: UpstreamRequest,
    target: Target,
    timeouts: AttemptTimeouts,
    cancellation: Cancellation,
    trace: AttemptTrace,
  ): Promise<UpstreamResponse>;
  /** Connections and waiting requests by target id; absent where there is no pool to tell of. */
  stats?(): ReadonlyMap<string, PoolStatus>;
  /** Closes idle connections now and busy ones as they finish. */
  close(): void;
}
