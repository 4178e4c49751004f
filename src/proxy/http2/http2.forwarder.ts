import { type Clock, systemClock } from '../../contracts/clock.js';
import type { Target } from '../../contracts/forwarder.js';
import type { PoolOptions } from '../../contracts/upstream-definition.js';
import type { RequestBody } from '../../contracts/upstream-request.js';
import type { AddressBook } from '../../targets/address-book.js';
import type { Attempt } from '../http1/attempt.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import { PooledForwarder } from '../upstream/pooled.forwarder.js';
import type { Dial } from './dial.js';
import { SessionPool } from './session-pool.js';
import type { SessionSettings } from './upstream-session.js';

export interface Http2ForwarderOptions {
  readonly pool: Required<PoolOptions>;
  readonly limits: ResponseLimits;
  /** How a connection is opened. */
  readonly dial: Dial;
  /** Where names lead, if the same that `dial` goes by: connections to addresses a name no longer has are given up. */
  readonly names?: AddressBook;
  readonly clock?: Clock;
  /** 0–1, for the spread of connection ages. */
  readonly random?: () => number;
}

/**
 * Carries requests over HTTP/2, many on one connection (RFC 9113).
 *
 * It rejects as the HTTP/1.1 forwarder does, and with `upstream-protocol` where the target does not speak HTTP/2.
 * Timeouts are kept to the sweep's precision: up to 100 ms late, never early.
 */
export class Http2Forwarder extends PooledForwarder<SessionPool> {
  readonly #options: Http2ForwarderOptions;
  readonly #settings: SessionSettings;

  constructor(options: Http2ForwarderOptions) {
    const { limits, dial, clock = systemClock } = options;
    super(clock, options.names);
    this.#options = options;
    this.#settings = { limits, dial, clock };
  }

  protected newPool(target: Target): SessionPool {
    return new SessionPool(target, this.#options.pool, this.#settings, this.#options.random);
  }

  protected frame(attempt: Attempt, body: RequestBody): void {
    attempt.rest = body;
  }
}
