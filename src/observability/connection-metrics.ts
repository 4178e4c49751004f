import type { Meter } from '@opentelemetry/api';
import { CounterTable } from './counter-table.js';

/** Counts the client connections that a limit refused, by the limit: `total` or `address`. */
export class ConnectionMetrics {
  readonly #refused: CounterTable;

  constructor(meters: readonly Meter[]) {
    this.#refused = new CounterTable((reason) => ({ reason })).asCounter(
      meters,
      'portcullis.connections.refused',
      'Client connections closed because there were too many.',
    );
    for (const reason of ['total', 'address']) this.#refused.touch(reason);
  }

  refused(reason: string): void {
    this.#refused.add(reason, 1);
  }
}
