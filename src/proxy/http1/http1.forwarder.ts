import type { Cancellation } from '../../contracts/cancellation.js';
import { type Clock, systemClock } from '../../contracts/clock.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import type { PoolOptions } from '../../contracts/upstream-definition.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import { Attempt } from './attempt.js';
import { type Connect, connectTcp } from './connect.js';
import { frameRequest } from './request-framing.js';
import type { ResponseLimits } from './response-limits.js';
import { Sweep } from './sweep.js';
import { TargetPool, type TargetPoolStats } from './target-pool.js';
import type { ConnectionSettings } from './upstream-connection.js';

export interface Http1ForwarderOptions {
  readonly pool: Required<PoolOptions>;
  readonly limits: ResponseLimits;
  /** How a connection is opened. Default: TCP. */
  readonly connect?: Connect;
  readonly clock?: Clock;
}

/**
 * Carries requests over HTTP/1.1 on pooled keep-alive connections (RFC 9112).
 *
 * Beside the `upstream-*` codes it rejects with `overloaded` (no connection came free), `request-timeout`,
 * `client-closed` and `bad-request` (the client's body stalled, broke off or was not as long as declared).
 * Timeouts are kept to {@link Sweep}'s precision: up to 100 ms late, never early.
 */
export class Http1Forwarder implements Forwarder {
  readonly #pools = new Map<string, TargetPool>();
  readonly #options: Http1ForwarderOptions;
  readonly #settings: ConnectionSettings;
  readonly #sweep = new Sweep(() => this.#sweepPools());
  #closing = false;

  constructor(options: Http1ForwarderOptions) {
    this.#options = options;
    this.#settings = {
      limits: options.limits,
      connect: options.connect ?? connectTcp,
      clock: options.clock ?? systemClock,
    };
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
      const { text, rest } = frameRequest(request);
      const isHead = request.method === 'HEAD';
      const attempt = new Attempt(isHead, text, rest, timeouts, cancellation, trace, resolve, reject);
      (this.#pools.get(target.id) ?? this.#addPool(target)).carry(attempt);
    });
  }

  /** Connections and waiting requests by target id. Targets without either are not listed. */
  stats(): ReadonlyMap<string, TargetPoolStats> {
    const stats = new Map<string, TargetPoolStats>();
    for (const [id, pool] of this.#pools) if (!pool.isEmpty) stats.set(id, pool.stats);
    return stats;
  }

  /** Closes idle connections now and busy ones as they finish. Requests that still come are served, without a pool. */
  close(): void {
    this.#closing = true;
    for (const pool of this.#pools.values()) pool.close();
  }

  #addPool(target: Target): TargetPool {
    const pool = new TargetPool(target, this.#options.pool, this.#settings);
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
    return this.#pools.size > 0;
  }
}
