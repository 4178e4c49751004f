import type { Meter } from '@opentelemetry/api';
import { CounterTable } from './counter-table.js';

/** Counts WebSockets by route: those that are open, and all that ever opened. */
export class TunnelMetrics {
  readonly #open: CounterTable;
  readonly #opened: CounterTable;

  constructor(meters: readonly Meter[]) {
    const byRoute = (path: string) => ({ 'http.route': path });
    this.#open = new CounterTable(byRoute).asGauge(
      meters,
      'portcullis.websockets.open',
      'WebSockets that are open.',
    );
    this.#opened = new CounterTable(byRoute).asCounter(
      meters,
      'portcullis.websockets.opened',
      'WebSockets that were opened.',
    );
  }

  opened(path: string): void {
    this.#open.add(path, 1);
    this.#opened.add(path, 1);
  }

  over(path: string): void {
    this.#open.add(path, -1);
  }
}
