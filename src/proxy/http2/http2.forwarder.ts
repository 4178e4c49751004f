import type { Cancellation } from '../../contracts/cancellation.js';
import { type Clock, systemClock } from '../../contracts/clock.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { PoolOptions } from '../../contracts/upstream-definition.js';
import type { RequestBody, UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { PoolStatus } from '../../contracts/upstream-status.js';
import type { AddressBook } from '../../targets/address-book.js';
import { Attempt } from '../http1/attempt.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import { Sweep } from '../http1/sweep.js';
import { UploadGate, type UploadGateOwner } from '../http1/upload-gate.js';
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
 * Timeouts are kept to {@link Sweep}'s precision: up to 100 ms late, never early.
 */
export class Http2Forwarder implements Forwarder, UploadGateOwner {
  readonly #pools = new Map<string, SessionPool>();
  readonly #held = new Set<UploadGate>();
  readonly #options: Http2ForwarderOptions;
  readonly #settings: SessionSettings;
  readonly #sweep = new Sweep(() => this.#sweepPools());
  #closing = false;

  constructor(options: Http2ForwarderOptions) {
    this.#options = options;
    this.#settings = { limits: options.limits, dial: options.dial, clock: options.clock ?? systemClock };
    options.names?.onAnswer((host, addresses) => {
      for (const pool of this.#pools.values()) if (pool.target.host === host) pool.keepOnly(addresses);
    });
  }

  forward(
    request: UpstreamRequest,
    target: Target,
    timeouts: AttemptTimeouts,
    cancellation: Cancellation,
    trace: AttemptTrace,
  ): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      if (cancellation.reason !== undefined) {
        reject(cancellation.reason);
        return;
      }
      const { body } = request;
      const attempt = new Attempt(request, timeouts, cancellation, trace, resolve, reject);
      if (body === undefined || Buffer.isBuffer(body)) this.#carry(attempt, target, body);
      else if (body.whole !== undefined) this.#carry(attempt, target, body.whole);
      else this.#hold(new UploadGate(attempt, target, body, this, this.#settings.clock));
    });
  }

  opened(gate: UploadGate, body: RequestBody): void {
    this.#held.delete(gate);
    const { attempt, target } = gate;
    try {
      this.#carry(attempt, target, body);
    } catch (error) {
      attempt.reject(error instanceof GatewayError ? error : new GatewayError('internal', { cause: error }));
    }
  }

  refused(gate: UploadGate, error: GatewayError): void {
    this.#held.delete(gate);
    gate.attempt.reject(error);
  }

  /** Connections and waiting requests by target id. Targets without either are not listed. */
  stats(): ReadonlyMap<string, PoolStatus> {
    const stats = new Map<string, PoolStatus>();
    for (const [id, pool] of this.#pools) if (!pool.isEmpty) stats.set(id, pool.stats);
    return stats;
  }

  /** Closes idle connections now and busy ones as they finish. Requests that still come are served, without a pool. */
  close(): void {
    this.#closing = true;
    for (const pool of this.#pools.values()) pool.close();
    this.#options.names?.close();
  }

  #carry(attempt: Attempt, target: Target, body: RequestBody): void {
    attempt.rest = body;
    (this.#pools.get(target.id) ?? this.#addPool(target)).carry(attempt);
  }

  #hold(gate: UploadGate): void {
    this.#held.add(gate);
    this.#sweep.ensureRunning();
    gate.start();
  }

  #addPool(target: Target): SessionPool {
    const pool = new SessionPool(target, this.#options.pool, this.#settings, this.#options.random);
    if (this.#closing) pool.close();
    this.#pools.set(target.id, pool);
    this.#sweep.ensureRunning();
    return pool;
  }

  #sweepPools(): boolean {
    const now = this.#settings.clock.monotonic();
    for (const [id, pool] of this.#pools) {
      pool.sweep(now);
      // Targets come and go with discovery; their pools go with the last connection.
      if (pool.isEmpty) this.#pools.delete(id);
    }
    for (const gate of this.#held) gate.sweep(now);
    return this.#pools.size > 0 || this.#held.size > 0;
  }
}
