import type { Span } from '@opentelemetry/api';
import type { Clock } from '../contracts/clock.js';
import type { Exchange } from '../contracts/exchange.js';
import type { Target } from '../contracts/forwarder.js';
import type { GatewayError } from '../contracts/gateway-error.js';
import type { BreakerState, UpstreamObserver } from '../contracts/upstream-observer.js';
import { EVENTS, type EventLog } from './events.js';
import type { ExchangeTracer } from './exchange-tracer.js';
import { openServerSpan } from './gateway.recorder.js';
import { methodIndex } from './method-index.js';
import type { UpstreamMetrics } from './upstream-metrics.js';

interface Attempt {
  readonly startedAt: number;
  readonly method: number;
  readonly span: Span | undefined;
}

/** Measures upstream work: attempt durations and spans, retries, and the breaker's life. */
export class GatewayObserver implements UpstreamObserver {
  constructor(
    private readonly clock: Clock,
    private readonly metrics: UpstreamMetrics,
    private readonly tracer: ExchangeTracer | undefined,
    private readonly events: EventLog,
  ) {}

  attemptStarted(exchange: Exchange, upstream: string, target: Target): Attempt {
    this.metrics.know(upstream);
    const server = this.tracer === undefined ? undefined : openServerSpan(exchange);
    return {
      startedAt: this.clock.monotonic(),
      method: methodIndex(exchange.call?.method ?? exchange.method),
      span: server && this.tracer?.attemptStarted(exchange, server, upstream, target),
    };
  }

  attemptEnded(started: unknown, upstream: string, status: number, error: GatewayError | undefined): void {
    const attempt = started as Attempt;
    const seconds = (this.clock.monotonic() - attempt.startedAt) / 1000;
    this.metrics.attempted(upstream, attempt.method, status, error, seconds);
    if (attempt.span !== undefined) this.tracer?.attemptEnded(attempt.span, status, error);
  }

  retried(upstream: string, reason: string): void {
    this.metrics.retried(upstream, reason);
  }

  breakerChanged(upstream: string, state: BreakerState): void {
    this.metrics.breakerChanged(upstream, state);
    switch (state) {
      case 'open':
        this.events.warn(EVENTS.breakerOpened, { upstream });
        break;
      case 'half-open':
        this.events.info(EVENTS.breakerHalfOpened, { upstream });
        break;
      case 'closed':
        this.events.info(EVENTS.breakerClosed, { upstream });
        break;
    }
  }

  breakerRejected(upstream: string): void {
    this.metrics.breakerRejected(upstream);
  }

  breakerFailed(upstream: string): void {
    this.metrics.breakerFailed(upstream);
  }
}
