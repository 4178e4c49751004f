import { type Clock, systemClock } from '../../contracts/clock.js';
import type { Target } from '../../contracts/forwarder.js';
import type { PoolOptions } from '../../contracts/upstream-definition.js';
import type { RequestBody } from '../../contracts/upstream-request.js';
import type { AddressBook } from '../../targets/address-book.js';
import { PooledForwarder } from '../upstream/pooled.forwarder.js';
import type { Attempt } from './attempt.js';
import { type Connect, connectTcp } from './connect.js';
import type { ResponseLimits } from './response-limits.js';
import { TargetPool } from './target-pool.js';
import type { ConnectionSettings } from './upstream-connection.js';

export interface Http1ForwarderOptions {
  readonly pool: Required<PoolOptions>;
  readonly limits: ResponseLimits;
  /** How a connection is opened. Default: TCP. */
  readonly connect?: Connect;
  /** Where names lead, if the same that `connect` goes by: connections to addresses a name no longer has are given up. */
  readonly names?: AddressBook;
  readonly clock?: Clock;
  /** 0–1, for the spread of connection ages. */
  readonly random?: () => number;
}

/**
 * Carries requests over HTTP/1.1 on pooled keep-alive connections (RFC 9112).
 *
 * Beside the `upstream-*` codes it rejects with `overloaded` (no connection came free), `request-timeout`,
 * `client-closed` and `bad-request` (the client's body stalled, broke off or was not as long as declared).
 * Timeouts are kept to the sweep's precision: up to 100 ms late, never early.
 */
export class Http1Forwarder extends PooledForwarder<TargetPool> {
  readonly #options: Http1ForwarderOptions;
  readonly #settings: ConnectionSettings;

  constructor(options: Http1ForwarderOptions) {
    const { limits, connect = connectTcp, clock = systemClock } = options;
    super(clock, options.names);
    this.#options = options;
    this.#settings = { limits, connect, clock };
  }

  protected newPool(target: Target): TargetPool {
    return new TargetPool(target, this.#options.pool, this.#settings, this.#options.random);
  }

  protected frame(attempt: Attempt, body: RequestBody): void {
    attempt.frame(body);
  }
}
