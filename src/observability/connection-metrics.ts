import type { Meter } from '@opentelemetry/api';
import { CounterTable } from './counter-table.js';

/** Counts client connections that came to nothing: those that a limit refused, handshakes that
 * failed, and HTTP/2 connections that were closed for what their clients did. */
export class ConnectionMetrics {
  readonly #refused: CounterTable;
  readonly #handshakes: CounterTable;
  readonly #abused: CounterTable;

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
    this.#abused = new CounterTable((reason) => ({ reason })).asCounter(
      meters,
      'portcullis.http2.connections.abused',
      'HTTP/2 connections closed for what their clients did.',
    );
    for (const reason of ['pings', 'settings', 'wasted-streams', 'protocol']) this.#abused.touch(reason);
  }

  abused(reason: string): void {
    this.#abused.add(reason, 1);
  }

  handshakeFailed(reason: string): void {
    this.#handshakes.add(reason, 1);
  }

  refused(reason: string): void {
    this.#refused.add(reason, 1);
  }
}
