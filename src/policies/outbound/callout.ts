import { GatewayError } from '../../contracts/gateway-error.js';
import type { Breaker } from '../../resilience/breaker.js';
import { speaksAgainstServer, UnusableAnswer } from './unusable-answer.js';

/** Questions under way at the same time. One more is refused: a flood of them would be a flood of connections. */
const CALLOUT_MAX_PENDING = 256;

/** How many seconds a caller waits who came when all places were taken. */
const BUSY_SECONDS = 1;

/**
 * Asks another server what the gateway does not know: each question once, however many requests wait for its answer;
 * so many at the same time; not at all while a breaker says that the server keeps failing.
 */
export class Callout<T> {
  readonly #pending = new Map<string, Promise<T>>();

  constructor(
    /** The policy that asks, for errors. */
    private readonly policy: string,
    private readonly breaker: Breaker,
    private readonly maxPending: number = CALLOUT_MAX_PENDING,
  ) {}

  /** Questions under way. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * @param key equal for questions whose answers are the same
   * @param ask rejects when the answer is of no use; unless it says otherwise, that counts as the server's failure
   * @throws GatewayError `identity-unavailable` when no answer is to be had
   */
  ask(key: string, ask: () => Promise<T>): Promise<T> {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    if (this.#pending.size >= this.maxPending) {
      return Promise.reject(
        this.#unavailable(new UnusableAnswer('Too many questions are under way.', 'request'), BUSY),
      );
    }
    const asked = this.breaker
      .run(ask, undefined, speaksAgainstServer)
      .catch((error: unknown) => {
        // Open, the breaker says when it is worth to come back.
        throw this.#unavailable(error, error instanceof GatewayError ? error.headers : undefined);
      })
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, asked);
    return asked;
  }

  /** Stops what the breaker counts with. */
  shutdown(): void {
    this.breaker.shutdown();
  }

  #unavailable(cause: unknown, headers: readonly string[] = NO_HEADERS): GatewayError {
    return new GatewayError('identity-unavailable', { policy: this.policy, cause, headers });
  }
}

const NO_HEADERS: readonly string[] = Object.freeze([]);
const BUSY: readonly string[] = Object.freeze(['Retry-After', String(BUSY_SECONDS)]);
