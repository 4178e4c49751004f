import type { Meter } from '@opentelemetry/api';
import { CounterTable } from './counter-table.js';

/** Measures how rate limits do without the store that instances share. */
export class LimitMetrics {
  readonly #up: CounterTable;
  readonly #without: CounterTable;

  constructor(meters: readonly Meter[]) {
    this.#up = new CounterTable(() => ({})).asGauge(
      meters,
      'portcullis.limits.store.up',
      'Whether rate limits are counted in Redis: 1 yes, 0 lost. Absent where they are not meant to be.',
    );
    this.#without = new CounterTable((fail) => ({ fail })).asCounter(
      meters,
      'portcullis.limits.store.bypassed',
      'Decisions about rate limits made without Redis while it was lost.',
    );
  }

  /** Makes the series known, where there is such a store. */
  storeUp(up: boolean): void {
    this.#up.set('', up ? 1 : 0);
    for (const fail of ['open', 'closed', 'local']) this.#without.touch(fail);
  }

  decidedWithout(fail: string): void {
    this.#without.add(fail, 1);
  }
}
