import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contracts/clock.js';
import { SILENT_LIMIT_OBSERVER } from '../../src/contracts/limit-observer.js';
import { MemoryRateLimitStore } from '../../src/policies/rate-limit/rate-limit.store.js';
import { RedisLimitStore } from '../../src/policies/rate-limit/redis-limit.store.js';
import { RedisConnection } from '../../src/redis/redis.connection.js';
import { RedisSharedState } from '../../src/redis/redis.shared-state.js';
import { needs } from '../support/component.js';
import { conformsToLimitStore } from '../support/limit-store.conformance.js';
import { RedisServer } from '../support/redis.server.js';

const redis = needs('redis-server');

redis.describe('the Redis store of limits', () => {
  let server: RedisServer;
  let connection: RedisConnection;
  let store: RedisLimitStore;
  const told: unknown[] = [];

  beforeAll(async () => {
    server = await RedisServer.start(redis.path as string);
    connection = new RedisConnection({
      url: server.url,
      connected: () => undefined,
      lost: () => undefined,
    });
    await connection.connect();
  });

  afterAll(async () => {
    connection.close();
    await server.stop();
  });

  beforeEach(async () => {
    await server.client.flushall();
    told.length = 0;
    store = new RedisLimitStore({
      state: new RedisSharedState(connection),
      memory: new MemoryRateLimitStore(),
      instances: 1,
      // Whoever decides without Redis shows up as a 503.
      fail: 'closed',
      clock: systemClock,
      observer: {
        ...SILENT_LIMIT_OBSERVER,
        storeLost: (cause) => told.push(cause),
        storeBack: () => told.push('back'),
      },
    });
  });

  // Redis's clock cannot be moved: its time is the promise.
  describe('as every store', () => conformsToLimitStore(() => ({ store, pass: (ms) => sleep(ms) })));

  /** The milliseconds every key has left; -1 for one that stays. */
  async function lifetimes(): Promise<number[]> {
    const keys = await server.client.keys('*');
    return Promise.all(keys.map((key) => server.client.pttl(key)));
  }

  it('leaves no key without an end, also one that lost it', async () => {
    const rule = { bucket: 'orders', windowMs: 60_000, limit: 2, name: 'default' };
    const limiter = store.open(rule);
    for (let i = 0; i < 4; i++) await limiter.hit('anna', 1);
    await limiter.hit('refused at once', 3);
    const [first] = await server.client.keys('*anna*');
    await server.client.persist(first as string);
    for (let i = 0; i < 2; i++) await store.increment('k', 60_000, 1, 5_000, 'default');
    await limiter.hit('anna', 1);

    const left = await lifetimes();

    expect(left).toHaveLength(3);
    for (const ms of left) expect(ms).toBeGreaterThan(0);
    for (const ms of left) expect(ms).toBeLessThanOrEqual(60_000);
    expect(told).toEqual([]);
  });

  it('keeps bucket and key in one hash tag', async () => {
    await store.open({ bucket: 'a}b {c', windowMs: 1_000, limit: 1, name: 'n' }).hit('x', 1);

    expect(await server.client.keys('*')).toEqual(['portcullis:limit:{a%7Db%20%7Bc|1000|x}']);
  });

  it('goes on counting when Redis forgot its scripts', async () => {
    const limiter = store.open({ bucket: 'orders', windowMs: 60_000, limit: 9, name: 'default' });
    await limiter.hit('anna', 1);
    await server.client.script('FLUSH');

    const all = await Promise.all(Array.from({ length: 3 }, async () => limiter.hit('anna', 1)));

    expect(new Set(all.map(({ hits }) => hits))).toEqual(new Set([2, 3, 4]));
    expect(told).toEqual([]);
  });

  it('is a ThrottlerStorage: blocks for a time of its own, after which the key starts afresh', async () => {
    const increment = () => store.increment('k', 60_000, 2, 300, 'default');
    const counted = [await increment(), await increment(), await increment(), await increment()];
    await sleep(320);
    const after = await increment();

    expect(counted.map(({ totalHits }) => totalHits)).toEqual([1, 2, 3, 3]);
    expect(counted.map(({ isBlocked }) => isBlocked)).toEqual([false, false, true, true]);
    expect(counted.map(({ timeToBlockExpire }) => timeToBlockExpire)).toEqual([0, 0, 1, 1]);
    expect(after).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
  });
});
