import type { Socket } from 'node:net';
import { sweepIntervalMs } from '../sweep-interval.js';

/** Why the gateway itself ended a handshake. */
export type HandshakeCut = 'timeout' | 'crowded' | 'closing';

export interface HandshakeLimits {
  /** For a whole handshake; 0 waits for ever. */
  readonly handshakeTimeoutMs: number;
  /** At the same time; 0 is no limit. */
  readonly maxHandshakes: number;
}

/** Clients need milliseconds, and on a machine that is short of time still less than this. */
const ENOUGH_MS = 1_000;

/**
 * The handshakes under way. A whole one has its time, however often the client sends a byte. Where there are too many,
 * the one that has taken longest gives way if it had enough time: who holds handshakes open loses them. Otherwise the
 * new one does: in a rush of clients those that came first get done.
 */
export class Handshakes {
  /** In the order they began, by the socket below TLS. */
  readonly #startedAt = new Map<Socket, number>();
  readonly #cuts = new WeakMap<Socket, HandshakeCut>();
  readonly #sweepMs: number;
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    readonly limits: HandshakeLimits,
    /** Monotonic, in milliseconds. */
    private readonly now: () => number,
  ) {
    this.#sweepMs = sweepIntervalMs(limits.handshakeTimeoutMs);
  }

  get size(): number {
    return this.#startedAt.size;
  }

  /** `false` when there is no room for it, and it was closed. */
  begin(socket: Socket): boolean {
    const { maxHandshakes } = this.limits;
    const now = this.now();
    if (maxHandshakes > 0 && this.#startedAt.size >= maxHandshakes) {
      const [oldest, startedAt] = this.#startedAt.entries().next().value as [Socket, number];
      const isHeld = now - startedAt >= ENOUGH_MS;
      this.#cut(isHeld ? oldest : socket, 'crowded');
      if (!isHeld) return false;
    }
    this.#startedAt.set(socket, now);
    socket.once('close', () => this.end(socket));
    this.#sweep ??= setInterval(this.#look, this.#sweepMs).unref();
    return true;
  }

  /** It succeeded, failed, or the client left. */
  end(socket: Socket): void {
    this.#startedAt.delete(socket);
    if (this.#startedAt.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /** Why the gateway ended this one; `undefined` when it did not. */
  cutOf(socket: Socket): HandshakeCut | undefined {
    return this.#cuts.get(socket);
  }

  /** Who has not even begun a request must not hold up a listener that closes. */
  closeAll(): void {
    for (const socket of this.#startedAt.keys()) this.#cut(socket, 'closing');
  }

  readonly #look = (): void => {
    const { handshakeTimeoutMs } = this.limits;
    if (handshakeTimeoutMs === 0) return;
    const before = this.now() - handshakeTimeoutMs;
    for (const [socket, startedAt] of this.#startedAt) {
      if (startedAt > before) return;
      this.#cut(socket, 'timeout');
    }
  };

  #cut(socket: Socket, cut: HandshakeCut): void {
    this.end(socket);
    this.#cuts.set(socket, cut);
    socket.destroy();
  }
}
