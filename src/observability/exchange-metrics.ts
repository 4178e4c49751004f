import type { Meter } from '@opentelemetry/api';
import type { Exchange } from '../contracts/exchange.js';
import { CounterTable } from './counter-table.js';
import { DurationMetric } from './duration-metric.js';
import { methodIndex } from './method-index.js';
import { OutcomeCells } from './outcome-cells.js';

const UNMATCHED = '';

/** Measures the downstream side: every exchange once, by route, method, status and error. */
export class ExchangeMetrics {
  readonly duration: DurationMetric;
  readonly #cells: OutcomeCells;
  readonly #rejections: CounterTable;
  #active = 0;

  constructor(meters: readonly Meter[], pushMeter: Meter | undefined) {
    this.duration = new DurationMetric(
      'http.server.request.duration',
      'Duration of requests from their arrival to the last byte of the answer.',
      pushMeter,
    );
    this.#cells = new OutcomeCells(this.duration, (path) =>
      path === UNMATCHED ? {} : { 'http.route': path },
    );
    this.#rejections = new CounterTable(rejectionAttributes).asCounter(
      meters,
      'portcullis.policy.rejections',
      'Requests that a policy refused.',
    );
    for (const meter of meters) {
      const active = meter.createObservableUpDownCounter('http.server.active_requests', {
        description: 'Requests in flight.',
      });
      active.addCallback((result) => result.observe(this.#active));
    }
  }

  started(): void {
    this.#active++;
  }

  finished(exchange: Exchange, seconds: number): void {
    this.#active--;
    const { route, status, error } = exchange;
    const cell = this.#cells.find(route?.path ?? UNMATCHED, methodIndex(exchange.method), status, error);
    this.duration.record(cell, seconds);
    if (error?.policy !== undefined) this.#rejections.add(`${error.policy} ${error.code}`, 1);
  }
}

function rejectionAttributes(key: string): Record<string, string> {
  const cut = key.lastIndexOf(' ');
  return { 'portcullis.policy': key.slice(0, cut), 'error.type': key.slice(cut + 1) };
}
