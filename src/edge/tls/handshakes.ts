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

/**
 * The handshakes under way. A whole one has its time, however often the client sends a byte, and where there are too
 * many the one that has taken longest gives way: clients need milliseconds, and who holds handshakes open loses them.
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

  begin(socket: Socket): void {
    const { maxHandshakes } = this.limits;
    if (maxHandshakes > 0 && this.#startedAt.size >= maxHandshakes) {
      this.#cut(this.#startedAt.keys().next().value as Socket, 'crowded');
    }
    this.#startedAt.set(socket, this.now());
    socket.once('close', () => this.end(socket));
    this.#sweep ??= setInterval(this.#look, this.#sweepMs).unref();
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
