import { type Clock, systemClock } from '../../../contracts/clock.js';
import { type LimitObserver, SILENT_LIMIT_OBSERVER } from '../../../contracts/limit-observer.js';
import type { RedisServerOptions, SharedStates } from '../../../contracts/redis-server.js';
import type { SharedState } from '../../../contracts/shared-state.js';
import type { LimitStore, RateLimitFail } from './limit-store.js';
import { MemoryRateLimitStore } from './memory-rate-limit.store.js';
import { RedisLimitStore } from './redis/redis-limit.store.js';

/** Where a limit counts that does not go by the module's storage. */
export type RateLimitStore = 'memory' | 'redis' | RedisServerOptions;

export interface LimitStoresParts {
  /** What instances share by `REDIS_URL`. */
  readonly state?: SharedState | undefined;
  readonly states?: SharedStates | undefined;
  readonly clock?: Clock | undefined;
  readonly observer?: LimitObserver | undefined;
  readonly maxKeys?: number | undefined;
  readonly fail?: RateLimitFail | undefined;
  readonly instances?: number | undefined;
}

export interface OpenLimitStore {
  readonly store: LimitStore;
  /** Says that the limit counts no more; `undefined` where nobody waits for that. */
  readonly close: (() => void) | undefined;
}

/** The stores that limits name for themselves, each made when the first limit names it. */
export class LimitStores {
  readonly #parts: LimitStoresParts;
  #memory: MemoryRateLimitStore | undefined;
  #redis: RedisLimitStore | undefined;
  readonly #servers = new WeakMap<SharedState, RedisLimitStore>();

  constructor(parts: LimitStoresParts) {
    this.#parts = parts;
  }

  /** Why a store cannot be had, with the mend; `undefined` when it can. */
  missing(named: RateLimitStore): string | undefined {
    if (named === 'memory') return undefined;
    if (named === 'redis') {
      return this.#parts.state === undefined
        ? "store is 'redis', but REDIS_URL names none; set it, or name a Redis by its host."
        : undefined;
    }
    return this.#parts.states === undefined
      ? 'store names a Redis, which needs the gateway around it; start the application with createGateway.'
      : undefined;
  }

  /** @throws TypeError when {@link missing} has something to say */
  open(named: RateLimitStore): OpenLimitStore {
    if (named === 'memory') {
      this.#memory ??= this.#newMemory();
      return { store: this.#memory, close: undefined };
    }
    const { state, states } = this.#parts;
    if (named === 'redis') {
      if (state === undefined) throw new TypeError(this.missing(named));
      this.#redis ??= this.#over(state);
      return { store: this.#redis, close: undefined };
    }
    if (states === undefined) throw new TypeError(this.missing(named));
    const opened = states.open(named);
    let store = this.#servers.get(opened.state);
    if (store === undefined) {
      store = this.#over(opened.state);
      this.#servers.set(opened.state, store);
    }
    return { store, close: () => opened.close() };
  }

  #over(state: SharedState): RedisLimitStore {
    const {
      fail = 'local',
      instances = 1,
      clock = systemClock,
      observer = SILENT_LIMIT_OBSERVER,
    } = this.#parts;
    return new RedisLimitStore({ state, memory: this.#newMemory(), instances, fail, clock, observer });
  }

  #newMemory(): MemoryRateLimitStore {
    const { maxKeys, clock = systemClock, observer = SILENT_LIMIT_OBSERVER } = this.#parts;
    return new MemoryRateLimitStore({
      clock,
      keyEvicted: () => observer.keyEvicted(),
      ...(maxKeys === undefined ? {} : { maxKeys }),
    });
  }
}
