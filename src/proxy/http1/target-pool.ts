import type { Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { PoolOptions } from '../../contracts/upstream-definition.js';
import { AttemptQueue } from '../upstream/attempt-queue.js';
import type { ConnectionPool } from '../upstream/pooled.forwarder.js';
import type { Attempt } from './attempt.js';
import { type ConnectionOwner, type ConnectionSettings, UpstreamConnection } from './upstream-connection.js';

/** What a pool holds at one moment. */
export interface TargetPoolStats {
  /** Busy and idle together, connections still being dialed included. */
  readonly open: number;
  readonly idle: number;
  readonly busy: number;
  /** Requests waiting for a connection. */
  readonly waiting: number;
}

/**
 * The connections to one target. The one used last is used next, so that a falling load lets the others age out.
 */
export class TargetPool implements ConnectionPool, ConnectionOwner {
  readonly #connections = new Set<UpstreamConnection>();
  readonly #idle: UpstreamConnection[] = [];
  readonly #waiting: AttemptQueue;
  #closing = false;

  constructor(
    readonly target: Target,
    private readonly options: Required<PoolOptions>,
    private readonly settings: ConnectionSettings,
    private readonly random: () => number = Math.random,
  ) {
    // To wait for a connection takes no longer than to open one may.
    this.#waiting = new AttemptQueue(settings.clock, 'overloaded');
  }

  get isEmpty(): boolean {
    return this.#connections.size === 0 && this.#waiting.size === 0;
  }

  get stats(): TargetPoolStats {
    const open = this.#connections.size;
    const idle = this.#idle.length;
    return { open, idle, busy: open - idle, waiting: this.#waiting.size };
  }

  /** Gives the request a connection: an idle one, a new one, or the next that comes free. */
  carry(attempt: Attempt): void {
    if (this.#idle.length > 0) {
      const now = this.settings.clock.monotonic();
      for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
        if (last.isFresh(now)) {
          last.carry(attempt);
          return;
        }
        last.retire();
      }
    }
    if (this.#connections.size < this.options.maxConnections) this.#dial(attempt);
    else if (this.#waiting.size < this.options.maxWaiting) this.#waiting.add(attempt);
    else attempt.reject(new GatewayError('overloaded'));
  }

  released(connection: UpstreamConnection): void {
    const now = this.settings.clock.monotonic();
    // Whoever waits gets a new one: `closed` dials it.
    if (!connection.lasts(now)) {
      connection.retire();
      return;
    }
    const attempt = this.#waiting.next();
    if (attempt !== undefined) connection.carry(attempt);
    else if (this.#closing) connection.retire();
    else {
      connection.park(now, this.options.idleMs);
      this.#idle.push(connection);
    }
  }

  closed(connection: UpstreamConnection): void {
    this.#connections.delete(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    while (this.#connections.size < this.options.maxConnections) {
      const attempt = this.#waiting.next();
      if (attempt === undefined) return;
      this.#dial(attempt);
    }
  }

  /** The retry that follows such a death at once then meets a new connection, so that one retry is enough. */
  distrustIdle(): void {
    this.#retireIdle();
  }

  /** Stops using connections to other addresses than these: idle ones close now, busy ones after their request. */
  keepOnly(addresses: ReadonlySet<string>): void {
    for (const connection of this.#connections) {
      const { address } = connection;
      if (address !== undefined && !addresses.has(address)) connection.outdate();
    }
  }

  /** Acts on every deadline that has passed. */
  sweep(now: number): void {
    for (const connection of this.#connections) connection.sweep(now);
    this.#waiting.sweep(now);
  }

  /** Keeps no connection from now on; requests that run or wait are still served. */
  close(): void {
    this.#closing = true;
    this.#retireIdle();
  }

  #retireIdle(): void {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) last.retire();
  }

  #dial(attempt: Attempt): void {
    let connection: UpstreamConnection;
    try {
      connection = new UpstreamConnection(this.target, this, this.settings, this.#retireAt());
    } catch (cause) {
      attempt.reject(new GatewayError('upstream-unreachable', { cause }));
      return;
    }
    this.#connections.add(connection);
    connection.carry(attempt);
  }

  /** Ages differ by up to a tenth, so that connections dialed together do not end together. */
  #retireAt(): number {
    const { maxAgeMs } = this.options;
    if (maxAgeMs === 0) return Number.POSITIVE_INFINITY;
    return this.settings.clock.monotonic() + maxAgeMs * (1 - this.random() / 10);
  }
}
