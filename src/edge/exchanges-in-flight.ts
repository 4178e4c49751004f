import type { Exchange } from '../contracts/exchange.js';
import { attachExchange } from '../contracts/exchange-of.js';
import type { ExchangeRecorder } from '../contracts/exchange-recorder.js';
import { GatewayError } from '../contracts/gateway-error.js';
import { ConnectionSweep, type PaceLimits } from './connection-sweep.js';
import { countReceived } from './counted-request.js';
import { DownstreamConnection } from './downstream-connection.js';
import { inform } from './informational.js';

export interface InFlightOptions {
  readonly recorder: ExchangeRecorder;
  readonly now: () => number;
  /** How slow a client may be; absent: as slow as it likes. */
  readonly pace?: PaceLimits;
}

/** The exchanges between intake and their end, whichever it is: the recorder hears of each once at both. */
export class ExchangesInFlight {
  readonly #recorder: ExchangeRecorder;
  readonly #sweep: ConnectionSweep | undefined;
  #active = 0;
  #idle: (() => void) | undefined;

  /** @param refuseBody told of a body that comes too slowly, where its request has no answer yet */
  constructor(
    { recorder, now, pace }: InFlightOptions,
    private readonly refuseBody: (exchange: Exchange, error: GatewayError) => void,
  ) {
    this.#recorder = recorder;
    this.#sweep = pace && new ConnectionSweep(pace, now, (exchange) => this.#bodyTooSlow(exchange));
  }

  get active(): number {
    return this.#active;
  }

  /** Resolves when there is none. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  open(exchange: Exchange): DownstreamConnection {
    this.#active++;
    attachExchange(exchange.req, exchange);
    exchange.inform = inform;
    if (exchange.body !== undefined) countReceived(exchange);
    const connection = this.#connectionOf(exchange);
    connection.add(exchange);
    this.#recorder.started(exchange);
    return connection;
  }

  /** From here on somebody else notices when the client leaves. */
  unwatch(exchange: Exchange): void {
    this.#connectionOf(exchange).remove(exchange);
  }

  /** Ends an exchange; whoever comes later finds it finished. */
  finish(exchange: Exchange): void {
    if (exchange.finished) return;
    exchange.finished = true;
    if (exchange.error?.code === 'client-closed') exchange.status = exchange.error.status;
    const connection = this.#connectionOf(exchange);
    connection.remove(exchange);
    exchange.tunnel?.release();
    exchange.settle();
    this.#recorder.finished(exchange);
    this.#active--;
    if (this.#active === 0) this.#idle?.();
    connection.proceed();
  }

  /** {@link finish}, with what the answer broke off by, if it did. */
  readonly done = (exchange: Exchange, error: GatewayError | undefined): void => {
    if (error !== undefined) exchange.error = error;
    this.finish(exchange);
  };

  #connectionOf({ req }: Exchange): DownstreamConnection {
    return DownstreamConnection.of(req.socket, this.#left, this.#sweep);
  }

  readonly #left = (exchange: Exchange, reason: GatewayError): void => {
    if (exchange.finished) return;
    exchange.cancellation.cancel(reason);
    // The forwarder may have told the sink, and the sink us.
    if (exchange.finished) return;
    exchange.error ??= reason;
    this.finish(exchange);
  };

  /** The rest of an upload that has its answer already is worth no second one. */
  #bodyTooSlow(exchange: Exchange): void {
    if (exchange.finished) {
      exchange.req.socket.destroy();
      return;
    }
    this.refuseBody(exchange, new GatewayError('request-timeout', { detail: 'The body came too slowly.' }));
  }
}
