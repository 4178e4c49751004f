import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoggerService } from '@nestjs/common';
import type { Meter } from '@opentelemetry/api';
import { type Clock, systemClock } from '../contracts/clock.js';
import type { ExchangeRecorder } from '../contracts/exchange-recorder.js';
import type { LimitObserver } from '../contracts/limit-observer.js';
import type { LogFiles, RequestLogObserver } from '../contracts/request-log.js';
import type { UpstreamObserver } from '../contracts/upstream-observer.js';
import { ConnectionMetrics } from './connection-metrics.js';
import { createEventLog } from './event-log.js';
import type { EventLevel, EventLog } from './events.js';
import { ExchangeMetrics } from './exchange-metrics.js';
import { ExchangeTracer } from './exchange-tracer.js';
import { GatewayObserver } from './gateway.observer.js';
import { GatewayRecorder } from './gateway.recorder.js';
import { KongMetrics } from './kong-metrics.js';
import { LimitReports } from './limit-reports.js';
import type { LogSink } from './log-sink.js';
import { NestEventLogger } from './nest-event-logger.js';
import { openLogs } from './open-logs.js';
import { RequestLogFiles } from './request-log-files.js';
import { RequestLogReports } from './request-log-reports.js';
import { RuntimeMetrics } from './runtime-metrics.js';
import { ScrapedMetrics } from './scraped-metrics.js';
import { NO_TELEMETRY, type Telemetry } from './telemetry.js';
import { TunnelMetrics } from './tunnel-metrics.js';
import { UpstreamMetrics } from './upstream-metrics.js';

const SCOPE = 'portcullis';

export interface ObservabilitySettings {
  readonly log: {
    readonly level: EventLevel | 'silent';
    /** `'stdout'`, `'off'` or a file's path. */
    readonly accessLog: string;
  };
}

/** What a test or the process entry puts in place of the defaults. */
export interface ObservabilityParts {
  /** From `startTelemetry()`; without it nothing is traced or pushed. */
  readonly telemetry?: Telemetry;
  readonly clock?: Clock;
  /** Where both logs go instead of the places the settings name. */
  readonly sink?: LogSink;
}

/** Everything that watches one gateway. */
export interface Observability {
  readonly recorder: ExchangeRecorder;
  readonly observer: UpstreamObserver;
  readonly connections: ConnectionMetrics;
  readonly tunnels: TunnelMetrics;
  readonly limits: LimitObserver;
  readonly requestLogs: RequestLogObserver;
  readonly logFiles: LogFiles;
  readonly kong: KongMetrics;
  readonly events: EventLog;
  /** For `NestFactory.create(…, { logger })`. */
  readonly nestLogger: LoggerService;
  /** Answers with all metrics as Prometheus text. */
  metricsHandler(req: IncomingMessage, res: ServerResponse): void;
  /** Writes and sends what is left, each within the time (default 3000 ms), and stops. */
  shutdown(timeoutMs?: number): Promise<void>;
}

/**
 * The one entry of this room. Several may live in one process: nothing here is global but what `startTelemetry` made.
 *
 * @throws ConfigError when the access log's file cannot be opened
 */
export function createObservability(
  settings: ObservabilitySettings,
  parts: ObservabilityParts = {},
): Observability {
  const clock = parts.clock ?? systemClock;
  const telemetry = parts.telemetry ?? NO_TELEMETRY;
  const logs = openLogs(settings.log.accessLog, parts.sink, () => events);
  const events: EventLog = createEventLog(settings.log.level, logs.events, clock);
  telemetry.reportTo(events);

  // Scraped metrics have a provider of their own; pushed ones go through the SDK's, when there is one.
  const scraped = new ScrapedMetrics(SCOPE, clock);
  const pushMeter = telemetry.meterProvider?.getMeter(SCOPE);
  const meters: readonly Meter[] = pushMeter === undefined ? [scraped.meter] : [scraped.meter, pushMeter];
  const exchangeMetrics = new ExchangeMetrics(meters, pushMeter);
  const upstreamMetrics = new UpstreamMetrics(meters, pushMeter);
  for (const metrics of [exchangeMetrics, upstreamMetrics]) scraped.add(metrics.duration);
  const logFiles = new RequestLogFiles(logs.events, (path) => logs.troubles(path));
  const runtimeMetrics = new RuntimeMetrics(scraped.meter, () => logs.droppedLines() + logFiles.droppedLines);
  const spans = telemetry.tracerProvider?.getTracer(SCOPE);
  const tracer = spans === undefined ? undefined : new ExchangeTracer(spans);

  return {
    recorder: new GatewayRecorder(clock, exchangeMetrics, logs.access, tracer, events),
    observer: new GatewayObserver(clock, upstreamMetrics, tracer, events),
    connections: new ConnectionMetrics(meters),
    tunnels: new TunnelMetrics(meters),
    limits: new LimitReports(clock, events, meters),
    requestLogs: new RequestLogReports(clock, events, meters),
    logFiles,
    kong: new KongMetrics(scraped.meter),
    events,
    nestLogger: new NestEventLogger(events),
    metricsHandler: (req, res) => scraped.handle(req, res),
    shutdown: async (timeoutMs = 3000) => {
      runtimeMetrics.stop();
      await telemetry.shutdown(timeoutMs);
      await scraped.stop();
      await logFiles.close(timeoutMs);
      await logs.close(timeoutMs);
    },
  };
}
