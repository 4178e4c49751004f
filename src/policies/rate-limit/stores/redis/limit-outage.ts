import type { Clock } from '../../../../contracts/clock.js';
import { GatewayError } from '../../../../contracts/gateway-error.js';
import type { LimitObserver } from '../../../../contracts/limit-observer.js';
import type { RateLimitFail } from '../limit-store.js';

/** How often a store that was lost is looked for, while requests come. */
const PROBE_MS = 100;
/** What clients are told to wait: a store that returns is used again sooner. */
const RETRY_AFTER_SECONDS = 2;

export interface LimitOutageOptions {
  /** For limits that say nothing of their own. */
  readonly fail: RateLimitFail;
  readonly clock: Clock;
  readonly observer: LimitObserver;
  /** Asks the store something that needs all that a count needs. */
  probe(): Promise<unknown>;
}

/** One decision, by the store and without it. */
export interface GuardedDecision<A extends unknown[], T> {
  /** Default: the options'. */
  readonly fail: RateLimitFail | undefined;
  /** What an open limit answers. */
  readonly passed: T;
  ask(...args: A): Promise<T>;
  local(...args: A): T | Promise<T>;
}

/**
 * Decides limits while their store cannot be asked. The first requests find out; from then on nobody waits, and one
 * question at a time is put to the store until it answers.
 */
export class LimitOutage {
  readonly #options: LimitOutageOptions;
  #lost = false;
  #probing = false;
  #probeAt = 0;

  constructor(options: LimitOutageOptions) {
    this.#options = options;
    options.observer.storeExpected();
  }

  guard<A extends unknown[], T>(decision: GuardedDecision<A, T>): (...args: A) => T | Promise<T> {
    const without = this.#without(decision);
    const asked = async (args: A): Promise<T> => {
      try {
        return await decision.ask(...args);
      } catch (cause) {
        this.#lose(cause);
        return without(...args);
      }
    };
    return (...args) => {
      if (!this.#lost) return asked(args);
      this.#probe();
      return without(...args);
    };
  }

  #without<A extends unknown[], T>(decision: GuardedDecision<A, T>): (...args: A) => T | Promise<T> {
    const { observer } = this.#options;
    const fail = decision.fail ?? this.#options.fail;
    return (...args) => {
      observer.decidedWithoutStore(fail);
      switch (fail) {
        case 'open':
          return decision.passed;
        case 'closed':
          throw unavailable();
        case 'local':
          return decision.local(...args);
      }
    };
  }

  #lose(cause: unknown): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#probeAt = this.#options.clock.monotonic() + PROBE_MS;
    this.#options.observer.storeLost(cause);
  }

  #probe(): void {
    const now = this.#options.clock.monotonic();
    if (this.#probing || now < this.#probeAt) return;
    this.#probing = true;
    this.#probeAt = now + PROBE_MS;
    this.#options
      .probe()
      .then(
        () => {
          this.#lost = false;
          this.#options.observer.storeBack();
        },
        // Told already.
        () => undefined,
      )
      .finally(() => {
        this.#probing = false;
      });
  }
}

function unavailable(): GatewayError {
  return new GatewayError('limits-unavailable', {
    policy: 'rate-limit',
    detail: 'Rate limits cannot be checked at the moment.',
    headers: ['Retry-After', String(RETRY_AFTER_SECONDS)],
  });
}
