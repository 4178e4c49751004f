import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Meter } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Clock } from '../contracts/clock.js';
import type { DurationMetric } from './duration-metric.js';
import { DurationProducer } from './duration-producer.js';
import { MOST_SERIES } from './kong-metrics.js';

/** The metrics that wait to be scraped: a meter provider of one gateway's own, read by the Prometheus exporter. */
export class ScrapedMetrics {
  readonly meter: Meter;
  readonly #durations: DurationMetric[] = [];
  readonly #exporter: PrometheusExporter;
  readonly #provider: MeterProvider;

  constructor(scope: string, clock: Clock) {
    this.#exporter = new PrometheusExporter({
      // The admin port serves them; the exporter opens none.
      preventServerStart: true,
      withoutScopeInfo: true,
      metricProducers: [new DurationProducer(this.#durations, scope, clock)],
    });
    this.#provider = new MeterProvider({
      resource: defaultResource().merge(resourceFromAttributes({ 'service.name': 'portcullis' })),
      readers: [this.#exporter],
      // What would be too much is counted together before it gets here. The SDK keeps one more for an overflow of its own.
      views: [{ instrumentName: 'kong_*', aggregationCardinalityLimit: MOST_SERIES + 2 }],
    });
    this.meter = this.#provider.getMeter(scope);
  }

  add(metric: DurationMetric): void {
    this.#durations.push(metric);
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    this.#exporter.getMetricsRequestHandler(req, res);
  }

  stop(): Promise<void> {
    return this.#provider.shutdown();
  }
}
