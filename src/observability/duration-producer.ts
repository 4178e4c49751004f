import { type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Clock } from '../contracts/clock.js';
import { DURATION_BOUNDARIES, type DurationMetric } from './duration-metric.js';

/** Hands our own duration counts to a reader of the OpenTelemetry SDK, cumulative since the start. */
export class DurationProducer implements MetricProducer {
  readonly #startTime: HrTime;

  constructor(
    private readonly metrics: readonly DurationMetric[],
    private readonly scope: string,
    private readonly clock: Clock,
  ) {
    this.#startTime = hrTime(clock.now());
  }

  collect(): Promise<CollectionResult> {
    const endTime = hrTime(this.clock.now());
    const metrics = this.metrics
      .filter((metric) => metric.cells.length > 0)
      .map((metric) => this.#metricData(metric, endTime));
    const scopeMetrics = [{ scope: { name: this.scope }, metrics }];
    return Promise.resolve({ resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] });
  }

  #metricData(metric: DurationMetric, endTime: HrTime): HistogramMetricData {
    return {
      descriptor: {
        name: metric.name,
        description: metric.description,
        unit: 's',
        valueType: ValueType.DOUBLE,
      },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: metric.cells.map((cell) => ({
        startTime: this.#startTime,
        endTime,
        attributes: cell.attributes,
        value: {
          buckets: { boundaries: [...DURATION_BOUNDARIES], counts: cell.buckets.slice() },
          sum: cell.sumSeconds,
          count: cell.count,
        },
      })),
    };
  }
}

function hrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1_000_000)];
}
