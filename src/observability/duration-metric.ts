import type { Attributes, Histogram, Meter } from '@opentelemetry/api';

/** Seconds; the boundaries the HTTP semantic conventions advise. */
export const DURATION_BOUNDARIES = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;

/** The counts of one set of attributes. */
export interface DurationCell {
  readonly attributes: Attributes;
  /** One per boundary and one for everything above. */
  readonly buckets: number[];
  count: number;
  sumSeconds: number;
}

/**
 * A histogram of durations that keeps its own counts, so that a record costs some nanoseconds: the SDK's histogram
 * hashes the attributes of every record, which takes longer than everything else the recorder does. An SDK reader gets
 * the counts through a metric producer. Where metrics are pushed as well, the SDK's own histogram is fed besides,
 * because only it knows the temporality its exporter was asked for.
 */
export class DurationMetric {
  readonly cells: DurationCell[] = [];
  readonly #pushed: Histogram | undefined;

  constructor(
    readonly name: string,
    readonly description: string,
    pushMeter: Meter | undefined,
  ) {
    this.#pushed = pushMeter?.createHistogram(name, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: [...DURATION_BOUNDARIES] },
    });
  }

  /** Makes the cell of one set of attributes. The caller keeps it and asks once per set. */
  cell(attributes: Attributes): DurationCell {
    const cell: DurationCell = {
      attributes: Object.freeze(attributes),
      buckets: Array.from({ length: DURATION_BOUNDARIES.length + 1 }, () => 0),
      count: 0,
      sumSeconds: 0,
    };
    this.cells.push(cell);
    return cell;
  }

  record(cell: DurationCell, seconds: number): void {
    let bucket = 0;
    // Boundaries are inclusive upper bounds. Most requests are fast, so a walk from below is short.
    while (bucket < DURATION_BOUNDARIES.length && seconds > (DURATION_BOUNDARIES[bucket] as number)) bucket++;
    cell.buckets[bucket] = (cell.buckets[bucket] as number) + 1;
    cell.count++;
    cell.sumSeconds += seconds;
    this.#pushed?.record(seconds, cell.attributes);
  }
}
