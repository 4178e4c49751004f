import type { Clock } from '../../contracts/clock.js';
import { GatewayError, type GatewayErrorCode } from '../../contracts/gateway-error.js';
import type { Attempt } from '../http1/attempt.js';

interface Waiting {
  readonly attempt: Attempt;
  readonly deadline: number;
  readonly cancelled: (reason: GatewayError) => void;
}

/**
 * Requests that wait for a connection, in the order they came, each no longer than opening one may take.
 *
 * It has no timer of its own: the sweep asks whether deadlines have passed.
 */
export class AttemptQueue {
  readonly #waiting = new Set<Waiting>();

  constructor(
    private readonly clock: Clock,
    /** What those are told who waited in vain. */
    private readonly late: GatewayErrorCode,
    /** One was cancelled and has left. */
    private readonly left: () => void = () => {},
  ) {}

  get size(): number {
    return this.#waiting.size;
  }

  add(attempt: Attempt): void {
    const { connectMs } = attempt.timeouts;
    const waiting: Waiting = {
      attempt,
      deadline: connectMs === 0 ? Number.POSITIVE_INFINITY : this.clock.monotonic() + connectMs,
      cancelled: (reason) => {
        this.#waiting.delete(waiting);
        attempt.reject(reason);
        this.left();
      },
    };
    this.#waiting.add(waiting);
    attempt.cancellation.add(waiting.cancelled);
  }

  /** Takes out the one that came first. */
  next(): Attempt | undefined {
    for (const waiting of this.#waiting) {
      this.#forget(waiting);
      return waiting.attempt;
    }
    return undefined;
  }

  /** Rejects those whose deadline has passed. */
  sweep(now: number): void {
    for (const waiting of this.#waiting) {
      if (now < waiting.deadline) continue;
      this.#forget(waiting);
      waiting.attempt.reject(new GatewayError(this.late));
    }
  }

  #forget(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    waiting.attempt.cancellation.remove(waiting.cancelled);
  }
}
