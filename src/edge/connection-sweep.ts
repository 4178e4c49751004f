import type { Exchange } from '../contracts/exchange.js';
import { BodyPace, type BodyPaceLimits } from './body-pace.js';
import { cutConnection } from './cut-connection.js';
import type { ConnectionWatcher, DownstreamConnection } from './downstream-connection.js';
import { sweepIntervalMs } from './sweep-interval.js';
import { WritePace } from './write-pace.js';

export interface PaceLimits extends BodyPaceLimits {
  /** 0 switches it off. */
  readonly writeTimeoutMs: number;
}

/**
 * Finds the clients that keep the gateway waiting: one look at all connections now and then, in place of a timer for
 * each request. A connection that neither sends a body nor has an answer waiting costs two comparisons a look.
 */
export class ConnectionSweep implements ConnectionWatcher {
  readonly #connections = new Set<DownstreamConnection>();
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;
  /**
   * What the clients' time is measured by. It stands still while the gateway does: after a pause of the process there
   * is more to read and room to write, and no client is to blame for the wait.
   */
  #clockMs = 0;

  /** @param tooSlow told once of each exchange whose body comes too slowly; it may be answered already */
  constructor(
    readonly limits: PaceLimits,
    private readonly now: () => number,
    private readonly tooSlow: (exchange: Exchange) => void,
  ) {
    const { bodyMinBytesPerSecond, bodyGraceMs, writeTimeoutMs } = limits;
    this.#intervalMs = sweepIntervalMs(bodyMinBytesPerSecond === 0 ? 0 : bodyGraceMs, writeTimeoutMs);
  }

  /** Runs while there are connections; it never keeps the process alive. */
  watch(connection: DownstreamConnection): void {
    this.#connections.add(connection);
    if (this.#timer !== undefined) return;
    this.#lookedAtMs = this.now();
    this.#timer = setInterval(this.#look, this.#intervalMs).unref();
  }

  forget(connection: DownstreamConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    const now = this.now();
    this.#clockMs += Math.min(now - this.#lookedAtMs, this.#intervalMs * 2);
    this.#lookedAtMs = now;
    const nowMs = this.#clockMs;
    const { bodyMinBytesPerSecond, writeTimeoutMs } = this.limits;
    for (const connection of this.#connections) {
      if (bodyMinBytesPerSecond > 0) this.#lookAtBody(connection, nowMs);
      if (writeTimeoutMs > 0) this.#lookAtWrites(connection, nowMs);
    }
  };

  #lookAtBody(connection: DownstreamConnection, nowMs: number): void {
    const { arriving, bodyPace } = connection;
    if (arriving === undefined) return;
    if (arriving.req.complete) connection.arrived();
    else if (bodyPace?.exchange !== arriving) connection.bodyPace = new BodyPace(arriving, nowMs);
    else if (bodyPace.isTooSlow(nowMs, this.limits)) {
      // The rest of an upload that has its answer must not cost earlier requests on the connection theirs.
      if (arriving.finished && connection.isBusy) return;
      connection.arrived();
      this.tooSlow(arriving);
    }
  }

  #lookAtWrites(connection: DownstreamConnection, nowMs: number): void {
    const { socket, writePace } = connection;
    if (socket.writableLength === 0) {
      if (writePace !== undefined) connection.writePace = undefined;
    } else if (writePace === undefined) connection.writePace = new WritePace(socket, nowMs);
    else if (writePace.isStuck(nowMs, this.limits.writeTimeoutMs)) cutConnection(socket);
  }
}
