import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyBudget } from '../../../../../src/policies/rate-limit/meters/key-budget.js';
import { KeyedCells } from '../../../../../src/policies/rate-limit/meters/keyed-cells.js';
import type { LimitAlgorithm } from '../../../../../src/policies/rate-limit/meters/limit-meter.js';
import type { MemoryMeter } from '../../../../../src/policies/rate-limit/meters/memory-meter.js';
import {
  type SlidingCell,
  SlidingWindowMeter,
} from '../../../../../src/policies/rate-limit/meters/sliding-window.meter.js';
import { TokenBucketMeter } from '../../../../../src/policies/rate-limit/meters/token-bucket.meter.js';
import { WindowMeter } from '../../../../../src/policies/rate-limit/meters/window.meter.js';
import type { LimitRule } from '../../../../../src/policies/rate-limit/stores/limit-store.js';
import type { MemoryLimiter } from '../../../../../src/policies/rate-limit/stores/memory-limiter.js';
import {
  MemoryPlaces,
  type TakenPlaces,
} from '../../../../../src/policies/rate-limit/stores/memory-places.js';
import { MemoryRateLimitStore } from '../../../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { conformsToLimitStore } from '../../../../support/limit-store.conformance.js';
import { FakeClock } from '../fixtures.js';

const rule = (bucket: string, windowMs: number, limit: number): LimitRule => ({
  bucket,
  name: 'default',
  meters: [{ algorithm: 'fixed-window', limit, burst: limit, windowMs, calendar: undefined }],
});

const opened = (store: MemoryRateLimitStore, bucket: string, windowMs: number, limit = 9) =>
  store.open(rule(bucket, windowMs, limit));

/** Units left after a hit; -1 when it was refused. */
function left(limiter: MemoryLimiter, key: string): number | undefined {
  const { passed, standings } = limiter.hit(key, 1);
  return passed ? standings[0]?.remaining : -1;
}

/** Units left, without a hit. */
const peek = (limiter: MemoryLimiter, key: string) => limiter.hit(key, 0).standings[0]?.remaining;

describe('the embedded store, as every store', () => {
  conformsToLimitStore(() => {
    // In the middle of a minute, a month and a year.
    const clock = new FakeClock(Date.UTC(2026, 10, 28, 12, 0, 30));
    return {
      store: new MemoryRateLimitStore({ clock }),
      pass: (ms) => {
        clock.ms += ms;
      },
      now: clock.now,
    };
  });
});

describe('the embedded rate limit store', () => {
  it('lets exactly the limit through in a window and starts afresh when the window ends', () => {
    const clock = new FakeClock(5_000);
    const limiter = opened(new MemoryRateLimitStore({ clock }), 'users', 60_000, 3);

    const hits = [1, 2, 3, 4].map(() => left(limiter, 'ann'));
    clock.ms += 59_999;
    const lastMoment = left(limiter, 'ann');
    clock.ms += 1;
    const next = left(limiter, 'ann');

    expect(hits).toEqual([2, 1, 0, -1]);
    expect(lastMoment).toBe(-1);
    expect(next).toBe(2);
  });

  it('says how long the window still runs, and never zero', () => {
    const clock = new FakeClock();
    const limiter = opened(new MemoryRateLimitStore({ clock }), 'users', 60_000);

    const times = [0, 1, 59_000, 999].map((step) => {
      clock.ms += step;
      return limiter.hit('ann', 1).standings[0]?.resetMs;
    });

    // At 0, 1, 59001 and 60000 ms: the last one opens a new window.
    expect(times).toEqual([60_000, 59_999, 999, 60_000]);
  });

  it('agrees with a plain list of windows on any sequence of hits', () => {
    const step = fc.record({
      wait: fc.oneof(fc.constantFrom(0, 1, 99, 100, 101, 200, 201), fc.nat(350)),
      key: fc.constantFrom('a', 'b', 'c'),
      cost: fc.nat(3),
    });

    const property = fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      (steps, limit) => {
        const clock = new FakeClock(17);
        const limiter = opened(new MemoryRateLimitStore({ clock }), 'w', 100, limit);
        const plain = new Map<string, { used: number; endsAt: number }>();
        for (const { wait, key, cost } of steps) {
          clock.ms += wait;
          let window = plain.get(key);
          if (window === undefined || window.endsAt <= clock.ms) window = { used: 0, endsAt: clock.ms + 100 };
          const passes = cost === 0 || window.used + cost <= limit;
          if (passes && cost > 0) {
            window.used += cost;
            plain.set(key, window);
          }
          expect(limiter.hit(key, cost)).toEqual({
            passed: passes,
            retryMs: passes ? 0 : window.endsAt - clock.ms,
            standings: [{ remaining: limit - window.used, resetMs: window.endsAt - clock.ms }],
          });
        }
      },
    );

    fc.assert(property, { seed: 20_261, numRuns: 300 });
  });

  it('holds a million keys and not one more, giving up the eldest first', () => {
    const store = new MemoryRateLimitStore({ clock: new FakeClock() });
    const limiter = opened(store, 'users', 60_000);
    limiter.hit('eldest', 1);

    for (let i = 0; i < 1_000_000; i++) limiter.hit(`k${i}`, 1);
    const [size, evicted] = [store.size, store.evicted];

    expect([size, evicted]).toEqual([1_000_000, 1]);
    expect([left(limiter, 'k999999'), left(limiter, 'eldest')]).toEqual([7, 8]);
  });

  it('keeps giving up the eldest quickly when it stays full', () => {
    const store = new MemoryRateLimitStore({ clock: new FakeClock(), maxKeys: 20_000 });
    const limiter = opened(store, 'users', 60_000);

    // Were each eviction to walk over what was evicted before, this would take far longer.
    for (let i = 0; i < 80_000; i++) limiter.hit(`k${i}`, 1);

    expect(store.size).toBe(20_000);
    expect(store.evicted).toBe(60_000);
    expect([peek(limiter, 'k59999'), peek(limiter, 'k60000')]).toEqual([9, 8]);
  });

  it('makes room with ended windows before it gives up a running one', () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock, maxKeys: 3 });
    const short = opened(store, 'short', 1_000);
    const long = opened(store, 'long', 60_000);
    long.hit('ann', 1);
    short.hit('bob', 1);
    short.hit('cid', 1);

    clock.ms = 2_001;
    long.hit('dot', 1);

    expect(store.evicted).toBe(0);
    expect(left(long, 'ann')).toBe(7);
  });

  it('lets a flood pay with its own keys, not with those of a quieter limit', () => {
    const store = new MemoryRateLimitStore({ clock: new FakeClock(), maxKeys: 100 });
    const quiet = opened(store, 'quiet', 60_000);
    quiet.hit('ann', 1);

    const flooded = opened(store, 'flooded', 60_000);
    for (let i = 0; i < 1_000; i++) flooded.hit(`k${i}`, 1);

    expect(store.size).toBe(100);
    expect(left(quiet, 'ann')).toBe(7);
  });

  it('drops keys that nobody uses any more without being asked about them', () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock });
    const limiter = opened(store, 'users', 1_000);
    for (let i = 0; i < 500; i++) limiter.hit(`k${i}`, 1);

    clock.ms = 1_000;
    limiter.hit('ann', 1);
    clock.ms = 2_000;
    limiter.hit('ann', 1);

    expect(store.size).toBe(1);
  });

  it('remembers nothing of a key that only looked, or was refused at once', () => {
    const store = new MemoryRateLimitStore({ clock: new FakeClock() });
    const limiter = opened(store, 'users', 1_000, 3);

    limiter.hit('looks', 0);
    limiter.hit('wants too much', 4);

    expect(store.size).toBe(0);
  });

  it('remembers nobody who has left of those who ran at the same time', () => {
    const rooms: TakenPlaces = new Map();
    const places = new MemoryPlaces(1, rooms);

    for (let i = 0; i < 1_000; i++) places.enter(`k${i}`).leave();
    const inside = places.enter('ann');
    places.enter('ann');

    expect([...rooms.keys()]).toEqual(['ann']);
    inside.leave();
    expect(rooms.size).toBe(0);
  });

  it('keeps its count of keys true over any mix of hits, waits, resets and evictions', () => {
    const algorithm = fc.constantFrom<LimitAlgorithm>(
      'fixed-window',
      'calendar-window',
      'sliding-window',
      'token-bucket',
    );
    const step = fc.record({ wait: fc.nat(150), key: fc.nat(12), short: fc.boolean(), act: fc.nat(9) });

    const property = fc.property(fc.array(step, { maxLength: 80 }), algorithm, (steps, kind) => {
      const clock = new FakeClock();
      const budget = new KeyBudget(5);
      const cellsOf = (lifeMs: number) => new KeyedCells<SlidingCell>(lifeMs, budget, clock.monotonic);
      const held = [cellsOf(105), cellsOf(315)];
      const [short, long] = held.map((cells, i) => meterOn(kind, cells as never, i === 0 ? 100 : 300));
      for (const one of steps) {
        clock.ms += one.wait;
        const meter = (one.short ? short : long) as MemoryMeter;
        const key = String(one.key);
        if (one.act === 0) meter.reset(key);
        else if (meter.fits(key, 1, clock.ms)) meter.take(key, 1, clock.ms);
        expect(budget.used).toBe(held.reduce((sum, cells) => sum + cells.size, 0));
        expect(budget.used).toBeLessThanOrEqual(5);
      }
    });

    fc.assert(property, { seed: 20_262, numRuns: 400 });
  });
});

function meterOn(algorithm: LimitAlgorithm, cells: never, windowMs: number): MemoryMeter {
  switch (algorithm) {
    case 'sliding-window':
      return new SlidingWindowMeter(2, windowMs, cells);
    case 'token-bucket':
      return new TokenBucketMeter(2, windowMs, 2, cells);
    default:
      return new WindowMeter(2, cells, () => windowMs);
  }
}

describe('a clock that is moved', () => {
  /** The machine's clock can be set, the monotonic one cannot. */
  class SetClock extends FakeClock {
    wall = Date.UTC(2026, 10, 28, 12, 0, 30);
    override now = (): number => this.wall;
  }

  it('changes nothing about windows of a key’s own, and sets no calendar window free that runs', () => {
    const clock = new SetClock();
    const store = new MemoryRateLimitStore({ clock });
    const meters = (['fixed-window', 'calendar-window', 'sliding-window', 'token-bucket'] as const).map(
      (algorithm) => ({ algorithm, limit: 2, burst: 2, windowMs: 60_000, calendar: undefined }),
    );
    const limiters = meters.map((meter) =>
      store.open({ bucket: meter.algorithm, name: 'default', meters: [meter] }),
    );
    for (const limiter of limiters) for (let i = 0; i < 2; i++) limiter.hit('ann', 1);

    for (const wall of [clock.wall + 86_400_000, clock.wall - 86_400_000]) {
      clock.wall = wall;
      expect(limiters.map((limiter) => limiter.hit('ann', 1).passed)).toEqual([false, false, false, false]);
    }
    // Thirty seconds were left of the calendar's minute when it began.
    clock.ms = 30_000;
    expect(limiters[1]?.hit('ann', 1).passed).toBe(true);
  });

  it('back makes a calendar window no longer than it can be', () => {
    const clock = new SetClock();
    const limiter = new MemoryRateLimitStore({ clock }).open({
      bucket: 'b',
      name: 'default',
      meters: [{ algorithm: 'calendar-window', limit: 1, burst: 1, windowMs: 60_000, calendar: undefined }],
    });
    clock.wall -= 3_600_000;

    expect(limiter.hit('ann', 1).standings[0]?.resetMs).toBe(30_000);
  });
});

describe('the embedded store behind the port of @nestjs/throttler', () => {
  it('counts in seconds and blocks beyond the limit until the window ends', async () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock });
    const hit = () => store.increment('ann', 60_000, 2, 60_000, 'default');

    const answers = [await hit(), await hit(), await hit(), await hit()];
    clock.ms = 60_000;
    const next = await hit();

    expect(answers.map((one) => one.totalHits)).toEqual([1, 2, 3, 3]);
    expect(answers.map((one) => one.isBlocked)).toEqual([false, false, true, true]);
    expect(answers[3]).toEqual({ totalHits: 3, timeToExpire: 60, isBlocked: true, timeToBlockExpire: 60 });
    expect(next).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
  });

  it('blocks for as long as it is told and counts afresh after the block', async () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock });
    const hit = () => store.increment('ann', 1_000, 1, 300_000, 'default');

    await hit();
    const refused = await hit();
    clock.ms = 299_999;
    const stillRefused = await hit();
    clock.ms = 300_000;
    const free = await hit();

    expect(refused).toMatchObject({ isBlocked: true, timeToBlockExpire: 300 });
    expect(stillRefused).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 });
    expect(free).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('does not gather windows when every request brings another length', async () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock });

    for (let ttl = 1; ttl <= 2_000; ttl++) {
      clock.ms += 5_000;
      await store.increment('ann', ttl, 1, ttl, 'default');
    }

    expect(store.size).toBe(1);
  });
});
