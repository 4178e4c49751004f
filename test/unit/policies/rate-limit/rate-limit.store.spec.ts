import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryRateLimitStore } from '../../../../src/policies/rate-limit/rate-limit.store.js';
import { FakeClock } from './fixtures.js';

describe('the embedded rate limit store', () => {
  it('lets exactly the limit through in a window and starts afresh when the window ends', () => {
    const clock = new FakeClock(5_000);
    const window = new MemoryRateLimitStore({ clock }).open('users', 60_000);

    const hits = [1, 2, 3, 4].map(() => window.hit('ann', 3).hits);
    clock.ms += 59_999;
    const lastMoment = window.hit('ann', 3).hits;
    clock.ms += 1;
    const next = window.hit('ann', 3);

    expect(hits).toEqual([1, 2, 3, 4]);
    expect(lastMoment).toBe(4);
    expect(next).toMatchObject({ hits: 1, resetSeconds: 60 });
  });

  it('says how long the window still runs, rounded up and never zero', () => {
    const clock = new FakeClock();
    const window = new MemoryRateLimitStore({ clock }).open('users', 60_000);

    const seconds = [0, 1, 59_000, 999].map((step) => {
      clock.ms += step;
      return window.hit('ann', 9).resetSeconds;
    });

    // At 0, 1, 59001 and 60000 ms: the last one opens a new window.
    expect(seconds).toEqual([60, 60, 1, 60]);
  });

  it('counts each key apart, whatever it is called', () => {
    const window = new MemoryRateLimitStore({ clock: new FakeClock() }).open('users', 1_000);

    const hits = ['__proto__', 'toString', '', 'constructor', '__proto__'].map(
      (key) => window.hit(key, 9).hits,
    );

    expect(hits).toEqual([1, 1, 1, 1, 2]);
  });

  it('gives everybody who opens the same name and length the same window', () => {
    const store = new MemoryRateLimitStore({ clock: new FakeClock() });
    store.open('users', 1_000).hit('ann', 9);

    const again = store.open('users', 1_000).hit('ann', 9).hits;
    const longer = store.open('users', 2_000).hit('ann', 9).hits;

    expect([again, longer]).toEqual([2, 1]);
  });

  it('agrees with a plain list of windows on any sequence of hits', () => {
    const step = fc.record({
      wait: fc.oneof(fc.constantFrom(0, 1, 99, 100, 101, 200, 201), fc.nat(350)),
      key: fc.constantFrom('a', 'b', 'c'),
    });

    const property = fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      (steps, limit) => {
        const clock = new FakeClock(17);
        const window = new MemoryRateLimitStore({ clock }).open('w', 100);
        const plain = new Map<string, { hits: number; endsAt: number }>();
        for (const { wait, key } of steps) {
          clock.ms += wait;
          let bucket = plain.get(key);
          if (bucket === undefined || bucket.endsAt <= clock.ms) bucket = { hits: 0, endsAt: clock.ms + 100 };
          bucket.hits = Math.min(bucket.hits + 1, limit + 1);
          plain.set(key, bucket);
          expect(window.hit(key, limit)).toMatchObject({
            hits: bucket.hits,
            resetSeconds: 1,
            resetAt: bucket.endsAt,
          });
        }
      },
    );

    fc.assert(property, { seed: 20_261, numRuns: 300 });
  });

  it('holds a million keys and not one more, giving up the eldest first', () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock });
    const window = store.open('users', 60_000);
    window.hit('eldest', 9);

    for (let i = 0; i < 1_000_000; i++) window.hit(`k${i}`, 9);
    const [size, evicted] = [store.size, store.evicted];
    const young = window.hit('k999999', 9).hits;
    const old = window.hit('eldest', 9).hits;

    expect([size, evicted]).toEqual([1_000_000, 1]);
    expect([young, old]).toEqual([2, 1]);
  });

  it('keeps giving up the eldest quickly when it stays full', () => {
    const store = new MemoryRateLimitStore({ clock: new FakeClock(), maxKeys: 20_000 });
    const window = store.open('users', 60_000);

    // Were each eviction to walk over what was evicted before, this would take far longer.
    for (let i = 0; i < 80_000; i++) window.hit(`k${i}`, 9);

    expect(store.size).toBe(20_000);
    expect(store.evicted).toBe(60_000);
    expect(window.peek('k59999')).toBeUndefined();
    expect(window.peek('k60000')?.hits).toBe(1);
  });

  it('makes room with ended windows before it gives up a running one', () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock, maxKeys: 3 });
    const short = store.open('short', 1_000);
    const long = store.open('long', 60_000);
    long.hit('ann', 9);
    short.hit('bob', 9);
    short.hit('cid', 9);

    clock.ms = 2_001;
    long.hit('dot', 9);

    expect(store.evicted).toBe(0);
    expect(long.hit('ann', 9).hits).toBe(2);
  });

  it('lets a flood pay with its own keys, not with those of a quieter limit', () => {
    const store = new MemoryRateLimitStore({ clock: new FakeClock(), maxKeys: 100 });
    const quiet = store.open('quiet', 60_000);
    quiet.hit('ann', 9);

    const flooded = store.open('flooded', 60_000);
    for (let i = 0; i < 1_000; i++) flooded.hit(`k${i}`, 9);

    expect(store.size).toBe(100);
    expect(quiet.hit('ann', 9).hits).toBe(2);
  });

  it('drops keys that nobody uses any more without being asked about them', () => {
    const clock = new FakeClock();
    const store = new MemoryRateLimitStore({ clock });
    const window = store.open('users', 1_000);
    for (let i = 0; i < 500; i++) window.hit(`k${i}`, 9);

    clock.ms = 1_000;
    window.hit('ann', 9);
    clock.ms = 2_000;
    window.hit('ann', 9);

    expect(store.size).toBe(1);
  });

  it('keeps its count of keys true over any mix of hits, waits and evictions', () => {
    const step = fc.record({ wait: fc.nat(150), key: fc.nat(12), short: fc.boolean() });

    const property = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const clock = new FakeClock();
      const store = new MemoryRateLimitStore({ clock, maxKeys: 5 });
      const [short, long] = [store.open('short', 100), store.open('long', 300)];
      for (const one of steps) {
        clock.ms += one.wait;
        (one.short ? short : long).hit(String(one.key), 2);
        expect(store.size).toBe(short.size + long.size);
        expect(store.size).toBeLessThanOrEqual(5);
      }
    });

    fc.assert(property, { seed: 20_262, numRuns: 200 });
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
