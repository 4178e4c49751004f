import type { Cancellation } from '../../contracts/cancellation.js';
import type { Clock } from '../../contracts/clock.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { RequestBody, UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { PoolStatus } from '../../contracts/upstream-status.js';
import type { AddressBook } from '../../targets/address-book.js';
import { Attempt } from '../http1/attempt.js';
import { Sweep } from '../http1/sweep.js';
import { UploadGate, type UploadGateOwner } from '../http1/upload-gate.js';

/** The connections to one target. */
export interface ConnectionPool {
  readonly target: Target;
  readonly isEmpty: boolean;
  readonly stats: PoolStatus;
  /** Gives the request a connection, now or later, or rejects it. */
  carry(attempt: Attempt): void;
  /** Stops using connections to other addresses than these. */
  keepOnly(addresses: ReadonlySet<string>): void;
  /** Acts on every deadline that has passed. */
  sweep(now: number): void;
  /** Keeps no connection from now on; requests that run or wait are still served. */
  close(): void;
}

/** Carries requests on pooled connections: what holds whatever is spoken on them. */
export abstract class PooledForwarder<Pool extends ConnectionPool> implements Forwarder, UploadGateOwner {
  readonly #pools = new Map<string, Pool>();
  readonly #held = new Set<UploadGate>();
  readonly #sweep = new Sweep(() => this.#sweepPools());
  #closing = false;

  constructor(
    private readonly clock: Clock,
    private readonly names: AddressBook | undefined,
  ) {
    names?.onAnswer((host, addresses) => {
      for (const pool of this.#pools.values()) if (pool.target.host === host) pool.keepOnly(addresses);
    });
  }

  protected abstract newPool(target: Target): Pool;

  /** Says what the attempt is to send. @throws GatewayError `internal` when that would change the request's meaning */
  protected abstract frame(attempt: Attempt, body: RequestBody): void;

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
      else this.#hold(new UploadGate(attempt, target, body, this, this.clock));
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
  stats(): ReadonlyMap<string, Pool['stats']> {
    const stats = new Map<string, Pool['stats']>();
    for (const [id, pool] of this.#pools) if (!pool.isEmpty) stats.set(id, pool.stats);
    return stats;
  }

  /** Closes idle connections now and busy ones as they finish. Requests that still come are served, without a pool. */
  close(): void {
    this.#closing = true;
    for (const pool of this.#pools.values()) pool.close();
    this.names?.close();
  }

  #carry(attempt: Attempt, target: Target, body: RequestBody): void {
    this.frame(attempt, body);
    (this.#pools.get(target.id) ?? this.#addPool(target)).carry(attempt);
  }

  #hold(gate: UploadGate): void {
    this.#held.add(gate);
    this.#sweep.ensureRunning();
    gate.start();
  }

  #addPool(target: Target): Pool {
    const pool = this.newPool(target);
    if (this.#closing) pool.close();
    this.#pools.set(target.id, pool);
    this.#sweep.ensureRunning();
    return pool;
  }

  #sweepPools(): boolean {
    const now = this.clock.monotonic();
    for (const [id, pool] of this.#pools) {
      pool.sweep(now);
      // Targets come and go with discovery; their pools go with the last connection.
      if (pool.isEmpty) this.#pools.delete(id);
    }
    for (const gate of this.#held) gate.sweep(now);
    return this.#pools.size > 0 || this.#held.size > 0;
  }
}
