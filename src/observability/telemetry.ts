import { createRequire } from 'node:module';
import {
  context,
  DiagLogLevel,
  diag,
  type MeterProvider,
  metrics,
  propagation,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { defaultResource, envDetector, hostDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { Environment } from '../contracts/environment.js';
import { EVENTS, type EventLog } from './events.js';
import { within } from './within.js';

/** What the OpenTelemetry SDK offers in this process; a part that is not configured is absent and costs nothing. */
export interface Telemetry {
  readonly tracerProvider: TracerProvider | undefined;
  /** Pushes metrics to a collector. */
  readonly meterProvider: MeterProvider | undefined;
  /** Sends the SDK's own complaints to the log, at most one a minute. */
  reportTo(events: EventLog): void;
  /** Sends what is left, within the time: a dead collector never holds a shutdown up. */
  shutdown(timeoutMs: number): Promise<void>;
}

export const NO_TELEMETRY: Telemetry = Object.freeze({
  tracerProvider: undefined,
  meterProvider: undefined,
  reportTo() {},
  shutdown: () => Promise.resolve(),
});

const REPORT_INTERVAL_MS = 60_000;

const require = createRequire(import.meta.url);

let running: Telemetry | undefined;

/**
 * Starts the OpenTelemetry SDK when the standard `OTEL_*` variables ask for it. Call it before anything else; later
 * calls in the same process give the same telemetry. Nothing is instrumented automatically: the gateway makes its own
 * spans and metrics.
 *
 * The SDK reads `process.env` itself; `environment` only decides whether it is started.
 */
export function startTelemetry(environment: Environment = process.env): Telemetry {
  if (running !== undefined) return running;
  const wanted = wantedSignals(environment);
  if (!wanted.traces && !wanted.metrics) return NO_TELEMETRY;
  // The SDK brings every exporter there is: 150 ms and 13 MB that a gateway without a collector need not spend.
  const { NodeSDK } = require('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': 'portcullis' })),
    // Not the process detector: command lines end up in it, and secrets in command lines.
    ...(environment['OTEL_NODE_RESOURCE_DETECTORS']
      ? {}
      : { resourceDetectors: [hostDetector, envDetector] }),
    instrumentations: [],
    logRecordProcessors: [],
    // An empty list keeps the SDK from making its own out of the environment.
    ...(wanted.traces ? {} : { spanProcessors: [] }),
    ...(wanted.metrics ? {} : { metricReaders: [] }),
  });
  sdk.start();
  running = {
    tracerProvider: wanted.traces ? trace.getTracerProvider() : undefined,
    meterProvider: wanted.metrics ? metrics.getMeterProvider() : undefined,
    reportTo: (events) => {
      // Whoever sets the SDK's log level wants its messages raw, on the console.
      if (!environment['OTEL_LOG_LEVEL']) reportDiagnostics(events);
    },
    shutdown: async (timeoutMs) => {
      if (running === undefined) return;
      running = undefined;
      await within(sdk.shutdown(), timeoutMs);
      for (const api of [trace, metrics, propagation, context, diag]) api.disable();
    },
  };
  return running;
}

/** Which signals the variables ask for. Without a word about OTLP nothing is sent anywhere. */
export function wantedSignals(environment: Environment): {
  readonly traces: boolean;
  readonly metrics: boolean;
} {
  if (environment['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true')
    return { traces: false, metrics: false };
  const wanted = (signal: 'TRACES' | 'METRICS'): boolean => {
    const exporters = (environment[`OTEL_${signal}_EXPORTER`] ?? '').split(',').map((name) => name.trim());
    // `/metrics` on the admin port is the Prometheus exporter; the SDK's would open a port of its own.
    const named = exporters.filter((name) => name !== '' && name !== 'prometheus');
    if (named.includes('none')) return false;
    if (named.length > 0) return true;
    if (exporters.includes('prometheus')) return false;
    return Boolean(
      environment['OTEL_EXPORTER_OTLP_ENDPOINT'] || environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`],
    );
  };
  return { traces: wanted('TRACES'), metrics: wanted('METRICS') };
}

function reportDiagnostics(events: EventLog): void {
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  const report = (message: string): void => {
    const now = performance.now();
    if (now < silentUntilMs) return;
    silentUntilMs = now + REPORT_INTERVAL_MS;
    events.warn(EVENTS.telemetryTrouble, { message: message.slice(0, 300) });
  };
  const ignore = (): void => {};
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
