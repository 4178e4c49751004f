import type { Exchange } from './exchange.js';

/** Sees every exchange once at its start and once at its one exit: access log, metrics, span. */
export interface ExchangeRecorder {
  /** At intake, before the match. May set `exchange.traceparent`. */
  started(exchange: Exchange): void;
  /** After the last byte, or when the client left. Every field of the exchange is final. */
  finished(exchange: Exchange): void;
}
