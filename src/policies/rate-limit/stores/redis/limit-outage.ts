import type { Clock } from '../../../../contracts/clock.js';
import type { LimitObserver } from '../../../../contracts/limit-observer.js';
import type { RateLimitFail } from '../limit-store.js';
import { limitsUnavailable } from '../limits-unavailable.js';

/** How often a part of the store that was lost is looked for, while requests come. */
const PROBE_MS = 100;

export interface LimitOutageOptions {
  /** For limits that say nothing of their own. */
  readonly fail: RateLimitFail;
  readonly clock: Clock;
  readonly observer: LimitObserver;
  /** The part of the store that holds a key, by a name of its own; parts fail apart. */
  partOf(storeKey: string): string;
  /** Asks the part that holds the key something that needs all that a count needs. */
  probe(storeKey: string): Promise<unknown>;
}

/** One decision, by the store and without it. */
export interface GuardedDecision<A extends unknown[], T> {
  /** Default: the options'. */
  readonly fail: RateLimitFail | undefined;
  /** What an open limit answers. */
  readonly passed: T;
  /** A key of the store that the decision is about. */
  storeKey(...args: A): string;
  ask(...args: A): Promise<T>;
  local(...args: A): T | Promise<T>;
}

/** A part of the store that cannot be asked. */
interface LostPart {
  /** Stands on it, and is asked about. */
  readonly storeKey: string;
  probing: boolean;
  probeAt: number;
}

/**
 * Decides limits while their store, or the part of it that holds a key, cannot be asked. The first requests find out; from
 * then on nobody waits, and one question at a time is put to that part until it answers.
 */
export class LimitOutage {
  readonly #options: LimitOutageOptions;
  readonly #lost = new Map<string, LostPart>();

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
        this.#lose(decision.storeKey(...args), cause);
        return without(...args);
      }
    };
    return (...args) => {
      if (this.#lost.size === 0) return asked(args);
      this.#probe();
      const part = this.#options.partOf(decision.storeKey(...args));
      return this.#lost.has(part) ? without(...args) : asked(args);
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
          throw limitsUnavailable();
        case 'local':
          return decision.local(...args);
      }
    };
  }

  #lose(storeKey: string, cause: unknown): void {
    const part = this.#options.partOf(storeKey);
    if (this.#lost.has(part)) return;
    const probeAt = this.#options.clock.monotonic() + PROBE_MS;
    this.#lost.set(part, { storeKey, probing: false, probeAt });
    if (this.#lost.size === 1) this.#options.observer.storeLost(cause);
  }

  /** Looks for every part that is due: after a failover no key may lead to where it was. */
  #probe(): void {
    const now = this.#options.clock.monotonic();
    for (const [name, part] of this.#lost) {
      if (part.probing || now < part.probeAt) continue;
      part.probing = true;
      part.probeAt = now + PROBE_MS;
      this.#options
        .probe(part.storeKey)
        .then(
          () => this.#found(name),
          // Told already.
          () => undefined,
        )
        .finally(() => {
          part.probing = false;
        });
    }
  }

  #found(name: string): void {
    this.#lost.delete(name);
    if (this.#lost.size === 0) this.#options.observer.storeBack();
  }
}
