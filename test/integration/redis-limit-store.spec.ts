import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contracts/clock.js';
import { SILENT_LIMIT_OBSERVER } from '../../src/contracts/limit-observer.js';
import type { SharedState } from '../../src/contracts/shared-state.js';
import { untilCalendarEnd } from '../../src/policies/rate-limit/meters/calendar.js';
import type { LimitAlgorithm, LimitMeter } from '../../src/policies/rate-limit/meters/limit-meter.js';
import type { Limiter } from '../../src/policies/rate-limit/stores/limit-store.js';
import { MemoryRateLimitStore } from '../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { DECISION_SCRIPT } from '../../src/policies/rate-limit/stores/redis/decision.script.js';
import { RENEW_SCRIPT } from '../../src/policies/rate-limit/stores/redis/places.script.js';
import { RedisLimitStore } from '../../src/policies/rate-limit/stores/redis/redis-limit.store.js';
import { RedisLimiter } from '../../src/policies/rate-limit/stores/redis/redis-limiter.js';
import { RedisPlaces } from '../../src/policies/rate-limit/stores/redis/redis-places.js';
import { RedisConnection } from '../../src/redis/redis.connection.js';
import { RedisSharedState } from '../../src/redis/redis.shared-state.js';
import { needs } from '../support/component.js';
import { conformsToLimitStore } from '../support/limit-store.conformance.js';
import { RedisServer } from '../support/redis.server.js';
import { FakeClock } from '../unit/policies/rate-limit/fixtures.js';

const redis = needs('redis-server');
const ALGORITHMS = ['fixed-window', 'calendar-window', 'sliding-window', 'token-bucket'] as const;

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
  describe('as every store', () => conformsToLimitStore(() => ({ store, pass: (ms) => sleep(ms + 5) })));

  /** The milliseconds every key has left; -1 for one that stays. */
  async function lifetimes(): Promise<number[]> {
    const keys = await server.client.keys('*');
    return Promise.all(keys.map((key) => server.client.pttl(key)));
  }

  const meter = (algorithm: LimitAlgorithm, limit: number, windowMs = 60_000): LimitMeter => ({
    algorithm,
    limit,
    burst: limit,
    windowMs,
    calendar: undefined,
  });

  it('leaves no key without an end, also one that lost it', async () => {
    const meters = ALGORITHMS.map((algorithm) => meter(algorithm, 2));
    const limiter = store.open({ bucket: 'orders', name: 'default', meters });
    for (let i = 0; i < 4; i++) await limiter.hit('anna', 1);
    await limiter.hit('refused at once', 3);
    await limiter.hit('looks', 0);
    const own = ALGORITHMS.map((algorithm) =>
      store.open({ bucket: algorithm, name: 'default', meters: [meter(algorithm, 9)] }),
    );
    for (const one of own) await one.hit('ben', 1);
    for (const key of await server.client.keys('*ben*')) await server.client.persist(key);
    for (const one of own) await one.hit('ben', 1);
    for (let i = 0; i < 2; i++) await store.increment('k', 60_000, 1, 5_000, 'default');
    const places = store.openPlaces({ bucket: 'orders', limit: 2 });
    for (let i = 0; i < 3; i++) await places.enter('anna');

    const left = await lifetimes();

    // Four meters of anna and four of ben, one block, and who is in.
    expect(left).toHaveLength(10);
    for (const ms of left) expect(ms).toBeGreaterThan(0);
    for (const ms of left) expect(ms).toBeLessThanOrEqual(63_000);
    expect(told).toEqual([]);
  });

  it('frees a window that lost its end', async () => {
    const limiter = store.open({ bucket: 'orders', name: 'n', meters: [meter('fixed-window', 1, 300)] });
    await limiter.hit('anna', 1);
    await server.client.persist((await server.client.keys('*anna*'))[0] as string);
    const refused = await limiter.hit('anna', 1);
    await sleep(320);

    expect([refused.passed, (await limiter.hit('anna', 1)).passed]).toEqual([false, true]);
  });

  it('keeps bucket and key in one hash tag', async () => {
    const meters = [meter('fixed-window', 1, 1_000), meter('token-bucket', 1, 1_000)];
    await store.open({ bucket: 'a}b {c', name: 'n', meters }).hit('x', 1);

    expect((await server.client.keys('*')).sort()).toEqual([
      'portcullis:limit:{a%7Db%20%7Bc|x}:fixed-window 1000',
      'portcullis:limit:{a%7Db%20%7Bc|x}:token-bucket 1000 1000',
    ]);
  });

  it('knows the calendar as this process does', async () => {
    // The time is given in place of Redis's own.
    const script = DECISION_SCRIPT.replace("redis.call('TIME')", '{ARGV[#ARGV], 0}');
    expect(script).not.toBe(DECISION_SCRIPT);
    const windows = [
      meter('calendar-window', 1, 600_000),
      { ...meter('calendar-window', 1, 31 * 86_400_000), calendar: 'month' as const },
      { ...meter('calendar-window', 1, 366 * 86_400_000), calendar: 'year' as const },
    ];
    const property = fc.asyncProperty(fc.integer({ min: 0, max: 7_000_000_000 }), async (seconds) => {
      const args = windows.flatMap(({ algorithm, limit, windowMs, calendar, burst }) => [
        algorithm,
        limit,
        windowMs,
        calendar ?? '',
        burst,
      ]);
      const keys = windows.map((_, i) => `calendar ${i}`);
      const answer = (await server.client.eval(script, 3, ...keys, 0, 0, ...args, seconds)) as number[];
      const until = windows.map((window) => untilCalendarEnd(seconds * 1000, window));
      expect([answer[3], answer[5], answer[7]]).toEqual(until);
    });

    await fc.assert(property, {
      seed: 20_281_128,
      numRuns: 500,
      examples: ['2024-02-29', '2100-02-28', '2026-12-31', '2000-03-01', '1970-01-01'].map((day) => [
        Date.parse(day) / 1000,
      ]),
    });
  });

  it('agrees with the store in memory on any hits, at every algorithm', async () => {
    const step = fc.record({ wait: fc.nat(400), key: fc.constantFrom('a', 'b'), cost: fc.nat(3) });
    let run = 0;
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      run++;
      const clock = new FakeClock(1_000_000_000);
      const memory = new MemoryRateLimitStore({ clock });
      // Redis's own clock stands still inside of its script, so it is told the time.
      const told: SharedState = {
        get: () => Promise.reject(new Error('not asked')),
        partOf: () => '',
        run: (script, keys, args) =>
          server.client.eval(
            script
              .replace("redis.call('TIME')", '{ARGV[#ARGV], 0}')
              .replace('clock[1] * 1000', 'clock[1]')
              // Lifetimes are Redis's own matter, and of the fixed windows the only clock: compared elsewhere.
              .replaceAll("redis.call('PEXPIRE', key,", 'math.max(1,'),
            keys.length,
            ...keys,
            ...args,
            clock.ms,
          ),
      };
      for (const algorithm of ['sliding-window', 'token-bucket'] as const) {
        const rule = { bucket: `run ${run}`, name: 'n', meters: [meter(algorithm, 4, 1_000)] };
        const redis = new RedisLimiter(told, rule);
        const own = memory.open(rule);
        for (const { wait, key, cost } of steps) {
          clock.ms += wait;
          const { passed, retryMs, standings } = await redis.take(key, cost, cost);
          expect({ passed, retryMs, standings }).toEqual(own.hit(key, cost));
        }
      }
    });

    await fc.assert(property, { seed: 20_291_128, numRuns: 60 });
  }, 30_000);

  it('goes on counting when Redis forgot its scripts', async () => {
    const limiter = store.open({ bucket: 'orders', name: 'default', meters: [meter('fixed-window', 9)] });
    await limiter.hit('anna', 1);
    await server.client.script('FLUSH');

    const all = await Promise.all(Array.from({ length: 3 }, async () => limiter.hit('anna', 1)));

    expect(new Set(all.map(({ standings }) => standings[0]?.remaining))).toEqual(new Set([7, 6, 5]));
    expect(told).toEqual([]);
  });

  it('keeps a place as long as its process lives, and no longer', async () => {
    const places = new RedisPlaces(new RedisSharedState(connection), 300, 100);
    const rule = { bucket: 'orders', limit: 1 };
    const held = await places.enter(rule, 'anna');
    await sleep(700);
    const second = await places.enter(rule, 'anna');
    held.leave();
    // One whose process is killed is renewed by nobody.
    const abandoned = await new RedisPlaces(new RedisSharedState(connection), 300, 60_000).enter(rule, 'ben');
    const soon = await places.enter(rule, 'ben');
    await sleep(320);
    const late = await places.enter(rule, 'ben');

    expect([held.passed, second.passed]).toEqual([true, false]);
    expect([abandoned.passed, soon.passed, late.passed]).toEqual([true, false, true]);
    late.leave();
  });

  it('renews many places a few at a time, so that nobody waits for it', async () => {
    const real = new RedisSharedState(connection);
    let running = 0;
    let most = 0;
    let largest = 0;
    const watched: SharedState = {
      get: (key) => real.get(key),
      partOf: () => '',
      run: (script, keys, args) => {
        if (script === RENEW_SCRIPT) {
          most = Math.max(most, ++running);
          largest = Math.max(largest, args.length - 1);
        }
        return real.run(script, keys, args).finally(() => script === RENEW_SCRIPT && running--);
      },
    };
    const places = new RedisPlaces(watched, 1_500, 300);
    const keys = Array.from({ length: 1_000 }, (_, i) => (i % 2 === 0 ? 'shared' : `own ${i}`));
    for (let i = 0; i < keys.length; i += 100) {
      const some = keys.slice(i, i + 100);
      const entered = await Promise.all(
        some.map((key) => places.enter({ bucket: 'orders', limit: 500 }, key)),
      );
      expect(entered.every(({ passed }) => passed)).toBe(true);
    }
    await sleep(1_700);

    expect(await places.taken('orders', 'shared')).toBe(500);
    expect(await lifetimes()).toHaveLength(501);
    expect([most, largest]).toEqual([50, 100]);
  });

  describe('with leases', () => {
    /** As two processes: each has leases of its own. */
    const instances = (limit: number, lease: number, algorithm: LimitAlgorithm = 'fixed-window') => {
      const rule = { bucket: 'leased', name: 'n', meters: [meter(algorithm, limit)], lease };
      return [store.open(rule), store.open(rule)] as [Limiter, Limiter];
    };

    it('asks Redis once for a batch, and decides the rest without a promise', async () => {
      const [limiter] = instances(50, 10);
      const first = await limiter.hit('anna', 1);
      const before = await server.client.info('stats');
      const verdicts = Array.from({ length: 9 }, () => limiter.hit('anna', 1));
      const after = await server.client.info('stats');
      const calls = (info: string) => Number(/total_commands_processed:(\d+)/.exec(info)?.[1]);

      expect(first).toMatchObject({ passed: true, standings: [{ remaining: 49 }] });
      expect(verdicts.every((verdict) => !(verdict instanceof Promise))).toBe(true);
      expect(verdicts.at(-1)).toMatchObject({ passed: true, standings: [{ remaining: 40 }] });
      // The question itself is one.
      expect(calls(after) - calls(before)).toBeLessThanOrEqual(1);
      expect(limiter.hit('anna', 1)).toBeInstanceOf(Promise);
    });

    it.each(ALGORITHMS)(
      'lets exactly the limit pass when both spend what they take: %s',
      async (algorithm) => {
        const [one, other] = instances(50, 7, algorithm);
        const verdicts = await Promise.all(
          Array.from({ length: 200 }, async (_, i) => (i % 2 === 0 ? one : other).hit('anna', 1)),
        );

        expect(verdicts.filter(({ passed }) => passed)).toHaveLength(50);
      },
    );

    it('leaves at most a lease less one unused on every other instance', async () => {
      const [one, other] = instances(50, 7);
      await one.hit('anna', 1);
      let passed = 1;
      for (let i = 0; i < 100; i++) if ((await other.hit('anna', 1)).passed) passed++;

      expect(passed).toBe(50 - 6);
    });

    it('goes on after a refusal as soon as a key is reset', async () => {
      const [one, other] = instances(2, 2);
      await one.hit('anna', 2);
      const refused = await other.hit('anna', 1);
      await other.reset('anna');

      expect([refused.passed, (await other.hit('anna', 1)).passed]).toEqual([false, true]);
    });
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
