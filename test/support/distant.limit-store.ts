import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { ConcurrencyRule, Limiter, LimitRule, LimitStore, Places } from 'portcullis';
import { MemoryRateLimitStore } from '../../src/policies/rate-limit/stores/memory-rate-limit.store.js';

/** A store as one that instances share is: no answer comes at once, and it may die at any moment. */
export class DistantLimitStore implements LimitStore, ThrottlerStorage {
  readonly countsIn = 'far away';
  /** Refuses to answer, and to be told that a request has ended. */
  dead = false;
  /** Answers wait for it. */
  held: Promise<void> | undefined;
  /** How often it was asked. */
  asked = 0;
  readonly #memory = new MemoryRateLimitStore();

  async increment(...question: Parameters<ThrottlerStorage['increment']>) {
    await this.#reach();
    return this.#memory.increment(...question);
  }

  open(rule: LimitRule): Limiter {
    const limiter = this.#memory.open(rule);
    return {
      hit: async (key, cost) => {
        await this.#reach();
        // Those of the embedded store hold good until the next hit only.
        return structuredClone(limiter.hit(key, cost));
      },
      reset: async (key) => {
        await this.#reach();
        limiter.reset(key);
      },
    };
  }

  openPlaces(rule: ConcurrencyRule): Places {
    const places = this.#memory.openPlaces(rule);
    return {
      enter: async (key) => {
        await this.#reach();
        const admission = places.enter(key);
        const leave = (): void => {
          admission.leave();
          if (this.dead) throw new Error('The store is gone.');
        };
        return { ...admission, leave };
      },
      taken: async (key) => {
        await this.#reach();
        return places.taken(key);
      },
      reset: async (key) => {
        await this.#reach();
        places.reset(key);
      },
    };
  }

  async #reach(): Promise<void> {
    this.asked++;
    await (this.held ?? nextTurn());
    if (this.dead) throw new Error('The store is gone.');
  }
}
