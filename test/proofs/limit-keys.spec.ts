import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/contracts/clock.js';
import { SILENT_LIMIT_OBSERVER } from '../../src/contracts/limit-observer.js';
import type { LimitAlgorithm, LimitMeter } from '../../src/policies/rate-limit/meters/limit-meter.js';
import { MemoryRateLimitStore } from '../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { RedisLimitStore } from '../../src/policies/rate-limit/stores/redis/redis-limit.store.js';
import { RedisConnection } from '../../src/redis/redis.connection.js';
import { RedisSharedState } from '../../src/redis/redis.shared-state.js';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { needs } from '../support/component.js';
import { flood } from '../support/flood.client.js';
import { LONG } from '../support/proof-size.js';
import { RedisServer } from '../support/redis.server.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const redis = needs('redis-server');
const LIMIT_MS = LONG ? 1_800_000 : 60_000;
const MIB = 1024 * 1024;
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

describe('keys of limits in memory', () => {
  const KEYS = LONG ? 1_000_000 : 20_000;
  /** Three of four come to a store that is full. */
  const MAX_KEYS = KEYS / 4;
  /** The store's own words are 150 MB for a million. */
  const KEY_LIMIT_BYTES = 200;
  const SPARE_BYTES = 8 * MIB;

  const upstream = createServer((_req, res) => res.end('{"ok":true}'));
  let service: ServiceProcess;
  let port: number;

  beforeAll(async () => {
    await ensureServiceBuilt();
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    service = new ServiceProcess(await compiledFixture('limit-proofs.gateway'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
        ACCESS_LOG: 'off',
        PROOF_MAX_KEYS: String(MAX_KEYS),
      },
      nodeArguments: ['--expose-gc'],
      channel: true,
    });
    ({ port } = await service.addresses());
  }, 150_000);

  afterAll(async () => {
    await service.kill();
    upstream.closeAllConnections();
    upstream.close();
  });

  it(
    `[73] are at most ${MAX_KEYS} after ${KEYS} clients of a gateway, and take ${KEY_LIMIT_BYTES} bytes each at most`,
    async () => {
      // What a process takes for its first requests is no key's.
      await flood(port, 5_000, () => '/limits/open');
      const before = await service.ask<number>('inUse');
      // A map whose keys come and go grows once more after it is full.
      await flood(port, 2 * MAX_KEYS, (i) => `/limits/keys/${i}`);
      const full = await service.ask<number>('inUse');
      await flood(port, KEYS - 2 * MAX_KEYS, (i) => `/limits/keys/${2 * MAX_KEYS + i}`);
      const after = await service.ask<number>('inUse');
      const held = await service.ask<{ size: number; evicted: number }>('held');

      const each = (full - before) / MAX_KEYS;
      console.log(
        `${KEYS} keys in memory: ${held.size} held, ${held.evicted} given up; ${mib(full - before)} when full, ${each.toFixed(0)} bytes each, ${mib(after - before)} at the end`,
      );
      // The route that warmed it up had one.
      expect(held).toEqual({ size: MAX_KEYS, evicted: KEYS - MAX_KEYS + 1 });
      expect(full - before).toBeLessThan(MAX_KEYS * KEY_LIMIT_BYTES + SPARE_BYTES);
      expect(after - full).toBeLessThan(SPARE_BYTES);
    },
    LIMIT_MS,
  );
});

redis.describe('keys of limits in Redis', () => {
  const KEYS = LONG ? 1_000_000 : 20_000;
  const AT_ONCE = 200;
  const HOUR_MS = 3_600_000;
  /** The window of the calendar: an hour of it may end while the test runs. */
  const YEAR_MS = 366 * 86_400_000;
  const ALGORITHMS: readonly LimitAlgorithm[] = [
    'fixed-window',
    'calendar-window',
    'sliding-window',
    'token-bucket',
  ];
  /** With a name as long as a UUID, and what Redis itself keeps of every key. */
  const KEY_LIMIT_BYTES = 500;

  let server: RedisServer;
  let connection: RedisConnection;
  let store: RedisLimitStore;

  beforeAll(async () => {
    server = await RedisServer.start(redis.path as string);
    connection = new RedisConnection({
      url: server.url,
      connected: () => undefined,
      lost: () => undefined,
    });
    await connection.connect();
  });

  beforeEach(() => {
    store = new RedisLimitStore({
      state: new RedisSharedState(connection),
      memory: new MemoryRateLimitStore(),
      instances: 1,
      // Who was not counted in Redis is asked for again.
      fail: 'closed',
      clock: systemClock,
      observer: SILENT_LIMIT_OBSERVER,
    });
  });

  afterEach(() => server.client.flushall());

  afterAll(async () => {
    connection.close();
    await server.stop();
  });

  const meter = (algorithm: LimitAlgorithm): LimitMeter => ({
    algorithm,
    limit: 10,
    burst: 10,
    ...(algorithm === 'calendar-window'
      ? { windowMs: YEAR_MS, calendar: 'year' }
      : { windowMs: HOUR_MS, calendar: undefined }),
  });
  const keyOf = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;

  /** Does something for each of so many keys, until Redis has counted it. */
  async function forEach(from: number, to: number, act: (key: string) => unknown): Promise<void> {
    for (let i = from; i < to; i += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, to - i) }, (_, j) => keyOf(i + j));
      for (;;) {
        const acts = some.map(async (key) => act(key));
        const results = await Promise.allSettled(acts);
        if (results.every(({ status }) => status === 'fulfilled')) break;
        await pass(100);
      }
    }
  }

  const memory = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await server.client.info('memory'))?.[1]);

  /** Looks at every key there is. */
  async function lifetimes(): Promise<{ keys: number; endless: number; longestMs: number }> {
    const script = `
      local found = redis.call('SCAN', ARGV[1], 'COUNT', 1000)
      local endless, longest = 0, 0
      for _, key in ipairs(found[2]) do
        local ms = redis.call('PTTL', key)
        if ms == -1 then endless = endless + 1 end
        if ms > longest then longest = ms end
      end
      return {found[1], #found[2], endless, longest}`;
    const seen = { keys: 0, endless: 0, longestMs: 0 };
    let cursor = '0';
    do {
      const answer = (await server.client.eval(script, 0, cursor)) as [string, number, number, number];
      cursor = answer[0];
      seen.keys += answer[1];
      seen.endless += answer[2];
      seen.longestMs = Math.max(seen.longestMs, answer[3]);
    } while (cursor !== '0');
    return seen;
  }

  it(
    `[73] all end, of ${KEYS} that are counted`,
    async () => {
      const each = KEYS / ALGORITHMS.length;
      for (const algorithm of ALGORITHMS) {
        const limiter = store.open({ bucket: 'orders.all subject', name: 'n', meters: [meter(algorithm)] });
        const before = await memory();
        await forEach(0, each, (key) => limiter.hit(key, 1));
        const bytes = ((await memory()) - before) / each;
        console.log(`${each} keys of ${algorithm} in Redis: ${bytes.toFixed(0)} bytes each`);
        expect(bytes).toBeLessThan(KEY_LIMIT_BYTES);
      }

      const { keys, endless, longestMs } = await lifetimes();
      const held = await server.client.dbsize();

      expect([held, endless]).toEqual([KEYS, 0]);
      // SCAN may show a key twice.
      expect(keys).toBeGreaterThanOrEqual(KEYS);
      expect(longestMs).toBeLessThanOrEqual(YEAR_MS);
    },
    LIMIT_MS,
  );

  it(
    `[73] all end, of ${KEYS} that have places, and are gone when nobody is in`,
    async () => {
      const places = store.openPlaces({ bucket: 'orders.all subject', limit: 10 });
      const before = await memory();
      const beforeHere = inUse();
      const SOME = KEYS / 10;
      let leaves: (() => void)[] = [];
      const enter = async (key: string): Promise<void> => {
        leaves.push((await places.enter(key)).leave);
      };
      let bytes = 0;
      for (let from = 0; from < KEYS; from += SOME) {
        await forEach(from, from + SOME, enter);
        bytes = Math.max(bytes, ((await memory()) - before) / SOME);
        const { endless, longestMs } = await lifetimes();
        expect(endless).toBe(0);
        expect(longestMs).toBeLessThanOrEqual(15_000);
        for (let i = 0; i < leaves.length; i += AT_ONCE) {
          for (const leave of leaves.slice(i, i + AT_ONCE)) leave();
          // After those before it, on the same connection.
          await Promise.resolve(places.taken('nobody')).catch(() => undefined);
        }
        leaves = [];
      }
      const rise = inUse() - beforeHere;
      console.log(
        `${KEYS} places in Redis: ${bytes.toFixed(0)} bytes each, and here ${mib(rise)} when all have left`,
      );

      expect(bytes).toBeLessThan(KEY_LIMIT_BYTES);
      await vi.waitFor(async () => expect(await server.client.dbsize()).toBe(0), { timeout: 20_000 });
      expect(rise).toBeLessThan(4 * MIB);
    },
    LIMIT_MS,
  );

  it(
    '[73] are at most 100000 here of which units are leased',
    async () => {
      const MOST = 100_000;
      const count = LONG ? KEYS : MOST * 1.3;
      const limiter = store.open({
        bucket: 'orders.all subject',
        name: 'n',
        meters: [meter('fixed-window')],
        lease: 5,
      });
      const before = inUse();
      await forEach(0, MOST, (key) => limiter.hit(key, 1));
      const full = inUse();
      await forEach(MOST, count, (key) => limiter.hit(key, 1));
      const after = inUse();
      // The last is still there, the first is not.
      const kept = limiter.hit(keyOf(count - 1), 1) instanceof Promise;
      const given = limiter.hit(keyOf(0), 1) instanceof Promise;
      const { endless } = await lifetimes();

      console.log(
        `${count} leased keys: ${mib(full - before)} when full, ${((full - before) / MOST).toFixed(0)} bytes each, ${mib(after - before)} at the end`,
      );
      expect([kept, given, endless]).toEqual([false, true, 0]);
      expect(full - before).toBeLessThan(64 * MIB);
      expect(after - full).toBeLessThan(8 * MIB);
    },
    LIMIT_MS,
  );
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function inUse(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
