import { randomUUID } from 'node:crypto';
import type { SharedState } from '../../../../contracts/shared-state.js';
import type { Admission, ConcurrencyRule } from '../limit-store.js';
import { ENTER_SCRIPT, RENEW_SCRIPT } from './places.script.js';
import { LIMIT_KEY_PREFIX } from './redis-limiter.js';

/** A place is kept for so long without being renewed: so late are those of an instance that was killed free again. */
export const PLACE_MS = 15_000;
const RENEW_MS = PLACE_MS / 3;
/** Places renewed by one script, and scripts on their way: whoever asks meanwhile waits for no more than these. */
const RENEWED_AT_ONCE = 100;
const RENEWALS_AT_ONCE = 50;

/**
 * The places of concurrency limits in Redis: for each key a set of who is in, each until a time. This process renews its
 * own while it lives, however long a request takes.
 */
export class RedisPlaces {
  /** Who is in through this process, by Redis key. */
  readonly #inside = new Map<string, Set<string>>();
  #renewal: NodeJS.Timeout | undefined;
  #renewing = false;

  constructor(
    private readonly state: SharedState,
    private readonly placeMs = PLACE_MS,
    private readonly renewMs = RENEW_MS,
  ) {}

  async enter({ bucket, limit }: ConcurrencyRule, key: string): Promise<Admission> {
    const redisKey = placesKey(bucket, key);
    const id = randomUUID();
    const [entered, taken] = (await this.state.run(ENTER_SCRIPT, [redisKey], [limit, id, this.placeMs])) as [
      number,
      number,
    ];
    const remaining = Math.max(0, limit - taken);
    if (entered === 0) return { passed: false, remaining, leave() {} };
    this.#hold(redisKey, id);
    return { passed: true, remaining, leave: () => this.#leave(redisKey, id) };
  }

  /** The key in Redis of who is in. */
  redisKey({ bucket }: ConcurrencyRule, key: string): string {
    return placesKey(bucket, key);
  }

  async taken(bucket: string, key: string): Promise<number> {
    const count = "return redis.call('ZCOUNT', KEYS[1], redis.call('TIME')[1] * 1000, '+inf')";
    return (await this.state.run(count, [placesKey(bucket, key)], [])) as number;
  }

  async reset(bucket: string, key: string): Promise<void> {
    const redisKey = placesKey(bucket, key);
    this.#inside.delete(redisKey);
    await this.state.run("return redis.call('DEL', KEYS[1])", [redisKey], []);
  }

  #hold(redisKey: string, id: string): void {
    let ids = this.#inside.get(redisKey);
    if (ids === undefined) {
      ids = new Set();
      this.#inside.set(redisKey, ids);
    }
    ids.add(id);
    this.#renewal ??= setInterval(() => void this.#renew(), this.renewMs).unref();
  }

  #leave(redisKey: string, id: string): void {
    const ids = this.#inside.get(redisKey);
    // Reset meanwhile, or left already.
    if (ids?.delete(id) !== true) return;
    if (ids.size === 0) this.#inside.delete(redisKey);
    if (this.#inside.size === 0) {
      clearInterval(this.#renewal);
      this.#renewal = undefined;
    }
    // Where Redis cannot be told, the place is free when its time is over.
    this.state.run("return redis.call('ZREM', KEYS[1], ARGV[1])", [redisKey], [id]).catch(() => undefined);
  }

  /** The next time comes before a place that was missed is lost. */
  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    let asked: Promise<unknown>[] = [];
    for (const [redisKey, ids] of this.#renewed()) {
      // In the same turn as they were looked up: one that has left must not be let in again.
      asked.push(this.state.run(RENEW_SCRIPT, [redisKey], [this.placeMs, ...ids]).catch(() => undefined));
      if (asked.length < RENEWALS_AT_ONCE) continue;
      await Promise.all(asked);
      asked = [];
    }
    await Promise.all(asked);
    this.#renewing = false;
  }

  /** Who is in, some of one key at a time, as it is when the next is asked for. */
  *#renewed(): Generator<readonly [redisKey: string, ids: readonly string[]]> {
    for (const [redisKey, inside] of this.#inside) {
      let ids: string[] = [];
      for (const id of inside) {
        ids.push(id);
        if (ids.length < RENEWED_AT_ONCE) continue;
        yield [redisKey, ids];
        ids = [];
      }
      if (ids.length > 0) yield [redisKey, ids];
    }
  }
}

function placesKey(bucket: string, key: string): string {
  return `${LIMIT_KEY_PREFIX}{${encodeURIComponent(bucket)}|${key}}:places`;
}
