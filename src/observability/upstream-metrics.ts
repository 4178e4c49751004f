import type { Meter } from '@opentelemetry/api';
import type { GatewayError } from '../contracts/gateway-error.js';
import type { BreakerState } from '../contracts/upstream-observer.js';
import { CounterTable } from './counter-table.js';
import { DurationMetric } from './duration-metric.js';
import { OutcomeCells } from './outcome-cells.js';

const STATE_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };
const UPSTREAM = 'portcullis.upstream';

/** Measures the upstream side: attempts, retries and breakers, by the upstream's declared name. */
export class UpstreamMetrics {
  readonly duration: DurationMetric;
  readonly #cells: OutcomeCells;
  readonly #retries: CounterTable;
  readonly #states: CounterTable;
  readonly #opens: CounterTable;
  readonly #rejected: CounterTable;
  readonly #failures: CounterTable;
  readonly #seen = new Set<string>();

  constructor(meters: readonly Meter[], pushMeter: Meter | undefined) {
    this.duration = new DurationMetric(
      'http.client.request.duration',
      "Duration of upstream attempts up to the response's header section.",
      pushMeter,
    );
    const byUpstream = (upstream: string) => ({ [UPSTREAM]: upstream });
    this.#cells = new OutcomeCells(this.duration, byUpstream);
    this.#retries = new CounterTable(retryAttributes).asCounter(
      meters,
      'portcullis.upstream.retries',
      'Attempts beyond the first.',
    );
    this.#states = new CounterTable(byUpstream).asGauge(
      meters,
      'portcullis.breaker.state',
      'State of the circuit breaker: 0 closed, 1 half-open, 2 open.',
    );
    this.#opens = new CounterTable(byUpstream).asCounter(
      meters,
      'portcullis.breaker.opens',
      'Times the circuit breaker opened.',
    );
    this.#rejected = new CounterTable(byUpstream).asCounter(
      meters,
      'portcullis.breaker.rejected',
      'Calls refused by an open circuit breaker.',
    );
    this.#failures = new CounterTable(byUpstream).asCounter(
      meters,
      'portcullis.breaker.failures',
      'Calls the circuit breaker counted as failed.',
    );
  }

  /** Makes an upstream's series known before its first failure. */
  know(upstream: string): void {
    if (this.#seen.has(upstream)) return;
    this.#seen.add(upstream);
    for (const table of [this.#states, this.#opens, this.#rejected, this.#failures]) table.touch(upstream);
  }

  attempted(
    upstream: string,
    method: number,
    status: number,
    error: GatewayError | undefined,
    seconds: number,
  ): void {
    this.duration.record(this.#cells.find(upstream, method, status, error), seconds);
  }

  retried(upstream: string, reason: string): void {
    this.#retries.add(`${upstream} ${reason}`, 1);
  }

  breakerChanged(upstream: string, state: BreakerState): void {
    this.know(upstream);
    this.#states.set(upstream, STATE_VALUES[state]);
    if (state === 'open') this.#opens.add(upstream, 1);
  }

  breakerRejected(upstream: string): void {
    this.#rejected.add(upstream, 1);
  }

  breakerFailed(upstream: string): void {
    this.#failures.add(upstream, 1);
  }
}

/** Upstream names hold no blank, so the first one ends the name. */
function retryAttributes(key: string): Record<string, string> {
  const cut = key.indexOf(' ');
  return { [UPSTREAM]: key.slice(0, cut), 'portcullis.retry.reason': key.slice(cut + 1) };
}
