import type { Exchange } from './exchange.js';
import type { Target } from './forwarder.js';
import type { GatewayError } from './gateway-error.js';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** What upstream work tells to whoever measures it. Every method is called on the request path: keep them cheap. */
export interface UpstreamObserver {
  /** Before an attempt. The returned value comes back in `attemptEnded`; a span, for instance. */
  attemptStarted(exchange: Exchange, upstream: string, target: Target): unknown;
  /** After the response's header section (`status` set) or a failure (`error` set). */
  attemptEnded(started: unknown, upstream: string, status: number, error: GatewayError | undefined): void;
  retried(upstream: string, reason: string): void;
  breakerChanged(upstream: string, state: BreakerState): void;
  /** A call that an open breaker refused. */
  breakerRejected(upstream: string): void;
  /** A call that counted as a failure. */
  breakerFailed(upstream: string): void;
}

/** Measures nothing. */
export const SILENT_OBSERVER: UpstreamObserver = Object.freeze({
  attemptStarted: () => undefined,
  attemptEnded() {},
  retried() {},
  breakerChanged() {},
  breakerRejected() {},
  breakerFailed() {},
});
