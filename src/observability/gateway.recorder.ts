import type { Clock } from '../contracts/clock.js';
import type { Exchange } from '../contracts/exchange.js';
import type { ExchangeRecorder } from '../contracts/exchange-recorder.js';
import { accessLine } from './access-line.js';
import { describeCause } from './describe-cause.js';
import type { EventLog } from './events.js';
import { EVENTS } from './events.js';
import type { ExchangeMetrics } from './exchange-metrics.js';
import type { ExchangeTracer, ServerSpan } from './exchange-tracer.js';
import { LineClock } from './line-clock.js';
import type { LogSink } from './log-sink.js';

/** Stands in `exchange.recording` where no span does. */
const OPEN = Object.freeze({ open: true });
const CLOSED = Object.freeze({ open: false });

/** Records every exchange once: metrics, access line, span. What is switched off is `undefined`. */
export class GatewayRecorder implements ExchangeRecorder {
  readonly #lines = new LineClock();

  constructor(
    private readonly clock: Clock,
    private readonly metrics: ExchangeMetrics,
    private readonly accessLog: LogSink | undefined,
    private readonly tracer: ExchangeTracer | undefined,
    private readonly events: EventLog,
  ) {}

  started(exchange: Exchange): void {
    this.metrics.started();
    exchange.recording = this.tracer === undefined ? OPEN : this.tracer.started(exchange);
  }

  finished(exchange: Exchange): void {
    const { recording } = exchange;
    // Counts are exact: what was not started or is already finished does not count again.
    if (recording === undefined || recording === CLOSED) return;
    exchange.recording = CLOSED;
    const durationMs = this.clock.monotonic() - exchange.startedAt;
    this.metrics.finished(exchange, durationMs / 1000);
    this.accessLog?.write(accessLine(exchange, this.#lines.text(this.clock.now()), durationMs));
    if (exchange.error !== undefined) this.#explain(exchange);
    if (this.tracer !== undefined) this.tracer.finished(exchange, recording as ServerSpan);
  }

  /** What happened behind an error the client was told little about. A client's own mistakes need no second line. */
  #explain(exchange: Exchange): void {
    const error = exchange.error;
    if (error === undefined || error.source === 'client' || error.cause === undefined) return;
    const ours = error.source === 'gateway';
    this.events[ours ? 'error' : 'warn'](EVENTS.exchangeFailed, {
      error: error.code,
      correlationId: exchange.correlationId,
      ...(exchange.route === undefined ? {} : { route: exchange.route.id }),
      ...(error.upstream === undefined ? {} : { upstream: error.upstream }),
      cause: describeCause(error.cause, ours),
    });
  }
}

/** The exchange's server span while it is open. */
export function openServerSpan(exchange: Exchange): ServerSpan | undefined {
  const { recording } = exchange;
  return recording === undefined || recording === OPEN || recording === CLOSED
    ? undefined
    : (recording as ServerSpan);
}
