import type { Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { PoolOptions } from '../../contracts/upstream-definition.js';
import type { PoolStatus } from '../../contracts/upstream-status.js';
import type { Attempt } from '../http1/attempt.js';
import { AttemptQueue } from '../upstream/attempt-queue.js';
import type { ConnectionPool } from '../upstream/pooled.forwarder.js';
import { type SessionOwner, type SessionSettings, UpstreamSession } from './upstream-session.js';

/** A place on a session that is still to be opened. */
const A_NEW_ONE = Symbol('a new session');

/** The sessions to one target. The least busy one is used next; another is opened when none has room. */
export class SessionPool implements ConnectionPool, SessionOwner {
  readonly #sessions = new Set<UpstreamSession>();
  readonly #waiting: AttemptQueue;
  #closing = false;

  constructor(
    readonly target: Target,
    private readonly options: Required<PoolOptions>,
    private readonly settings: SessionSettings,
    private readonly random: () => number = Math.random,
  ) {
    // To wait for a connection takes no longer than to open one may.
    this.#waiting = new AttemptQueue(settings.clock, 'overloaded');
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0 && this.#waiting.size === 0;
  }

  get stats(): PoolStatus {
    let idle = 0;
    let streams = 0;
    for (const { load } of this.#sessions) {
      streams += load;
      if (load === 0) idle++;
    }
    return { busy: this.#sessions.size - idle, idle, waiting: this.#waiting.size, streams };
  }

  /** Gives the request a place on a session: one that is there, a new one, or the next that comes free. */
  carry(attempt: Attempt): void {
    const place = this.#findPlace();
    if (place !== undefined) this.#seat(attempt, place);
    else if (this.#waiting.size < this.options.maxWaiting) this.#waiting.add(attempt);
    else attempt.reject(new GatewayError('overloaded'));
  }

  hasRoom(): void {
    this.#serveWaiting();
    if (this.#closing) for (const session of this.#sessions) session.retireIdle();
  }

  closed(session: UpstreamSession): void {
    this.#sessions.delete(session);
    this.#serveWaiting();
  }

  distrustIdle(): void {
    for (const session of this.#sessions) session.retireIdle();
  }

  /** Stops using sessions to other addresses than these. */
  keepOnly(addresses: ReadonlySet<string>): void {
    for (const session of this.#sessions) session.keepOnly(addresses);
  }

  /** Acts on every deadline that has passed. */
  sweep(now: number): void {
    for (const session of this.#sessions) session.sweep(now);
    this.#waiting.sweep(now);
  }

  /** Keeps no session from now on; requests that run or wait are still served. */
  close(): void {
    this.#closing = true;
    for (const session of this.#sessions) session.retireIdle();
  }

  #findPlace(): UpstreamSession | typeof A_NEW_ONE | undefined {
    const now = this.settings.clock.monotonic();
    let best: UpstreamSession | undefined;
    let shut = false;
    for (const session of this.#sessions) {
      shut ||= session.shut;
      if (session.hasRoom(now) && (best === undefined || session.load < best.load)) best = session;
    }
    if (best !== undefined) return best;
    return shut || this.#sessions.size >= this.options.maxConnections ? undefined : A_NEW_ONE;
  }

  #seat(attempt: Attempt, place: UpstreamSession | typeof A_NEW_ONE): void {
    if (place === A_NEW_ONE) this.#dial(attempt);
    else place.carry(attempt);
  }

  #dial(attempt: Attempt): void {
    const { idleMs, maxAgeMs } = this.options;
    const now = this.settings.clock.monotonic();
    // Ages differ by up to a tenth, so that sessions opened together do not end together.
    const retireAt = maxAgeMs === 0 ? Number.POSITIVE_INFINITY : now + maxAgeMs * (1 - this.random() / 10);
    let session: UpstreamSession;
    try {
      session = new UpstreamSession(this.target, this, this.settings, idleMs, retireAt);
    } catch (cause) {
      attempt.reject(new GatewayError('upstream-unreachable', { cause }));
      return;
    }
    this.#sessions.add(session);
    session.carry(attempt);
  }

  #serveWaiting(): void {
    while (this.#waiting.size > 0) {
      const place = this.#findPlace();
      if (place === undefined) return;
      this.#seat(this.#waiting.next() as Attempt, place);
    }
  }
}
