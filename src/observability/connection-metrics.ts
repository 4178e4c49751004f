import type { Meter } from '@opentelemetry/api';
import { CounterTable } from './counter-table.js';

/** Counts client connections that came to nothing: those that a limit refused, and handshakes that failed. */
export class ConnectionMetrics {
  readonly #refused: CounterTable;
  readonly #handshakes: CounterTable;

  constructor(meters: readonly Meter[]) {
    this.#refused = new CounterTable((reason) => ({ reason })).asCounter(
      meters,
      'portcullis.connections.refused',
      'Client connections closed because there were too many.',
    );
    for (const reason of ['total', 'address']) this.#refused.touch(reason);
    this.#handshakes = new CounterTable((reason) => ({ reason })).asCounter(
      meters,
      'portcullis.tls.handshakes.failed',
      'TLS handshakes of clients that came to nothing.',
    );
  }

  handshakeFailed(reason: string): void {
    this.#handshakes.add(reason, 1);
  }

  refused(reason: string): void {
    this.#refused.add(reason, 1);
  }
}
