import type { ThrottlerStorage } from '@nestjs/throttler';

type Answer = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** The cheapest honest storage: one counter a key and window. */
export class FixedWindowStorage implements ThrottlerStorage {
  readonly #windows = new Map<string, { hits: number; endsAt: number }>();

  async increment(key: string, ttl: number, limit: number): Promise<Answer> {
    const now = Date.now();
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { hits: 0, endsAt: now + ttl };
      this.#windows.set(key, window);
    }
    window.hits += 1;
    const timeToExpire = Math.ceil((window.endsAt - now) / 1000);
    const isBlocked = window.hits > limit;
    return {
      totalHits: window.hits,
      timeToExpire,
      isBlocked,
      timeToBlockExpire: isBlocked ? timeToExpire : 0,
    };
  }
}
