import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyBudget } from '../../../../../src/policies/rate-limit/meters/key-budget.js';
import {
  type LimitAlgorithm,
  type LimitMeter,
  memoryMs,
} from '../../../../../src/policies/rate-limit/meters/limit-meter.js';
import type { Verdict } from '../../../../../src/policies/rate-limit/stores/limit-store.js';
import { MemoryRateLimitStore } from '../../../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { LeasedLimiter } from '../../../../../src/policies/rate-limit/stores/redis/leased-limiter.js';
import type { Grant } from '../../../../../src/policies/rate-limit/stores/redis/redis-limiter.js';
import { FakeClock } from '../fixtures.js';

const INSTANCES = 3;

/** Instances with leases on one store, which stands in for Redis and gives as much as there is. */
function instancesOf(meter: LimitMeter, lease: number, clock: FakeClock) {
  const store = new MemoryRateLimitStore({ clock }).open({ bucket: 'b', name: 'n', meters: [meter] });
  const asked: number[] = [];
  const take = async (key: string, least: number, most: number): Promise<Grant> => {
    asked.push(most);
    const { standings } = store.hit(key, 0);
    const granted = Math.min(most, Math.max(standings[0]?.remaining ?? 0, least));
    const verdict = store.hit(key, granted);
    return {
      passed: verdict.passed,
      retryMs: verdict.retryMs,
      granted: verdict.passed ? granted : 0,
      standings: verdict.standings.map((standing) => ({ ...standing })),
    };
  };
  const instances = Array.from(
    { length: INSTANCES },
    () =>
      new LeasedLimiter({
        lease,
        windowMs: memoryMs(meter),
        budget: new KeyBudget(100),
        now: clock.monotonic,
        take,
        reset: async (key) => store.reset(key),
      }),
  );
  return { instances, asked };
}

const meterOf = (algorithm: LimitAlgorithm, limit: number): LimitMeter => ({
  algorithm,
  limit,
  burst: limit,
  windowMs: 1_000,
  calendar: undefined,
});

const settled = async (answer: Verdict | Promise<Verdict>): Promise<Verdict> =>
  answer instanceof Promise ? await answer : answer;

describe('units that an instance leases', () => {
  it.each(['fixed-window', 'calendar-window', 'sliding-window', 'token-bucket'] as const)(
    'never let more pass in a span than the limit and one lease for each instance: %s',
    async (algorithm) => {
      const step = fc.record({ wait: fc.nat(300), instance: fc.nat(INSTANCES - 1), times: fc.nat(12) });
      const property = fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        async (steps, lease) => {
          const clock = new FakeClock(5_000);
          const { instances } = instancesOf(meterOf(algorithm, 12), lease, clock);
          const passed: number[] = [];
          for (const { wait, instance, times } of steps) {
            clock.ms += wait;
            for (let i = 0; i < times; i++) {
              const limiter = instances[instance] as LeasedLimiter;
              if ((await settled(limiter.hit('anna', 1))).passed) passed.push(clock.ms);
            }
          }
          // Of the ways that do not slide, a span may touch two windows, as without leases.
          const own = algorithm === 'sliding-window' ? 12 : 24;
          for (const from of passed) {
            const inSpan = passed.filter((at) => at >= from && at < from + 1_000).length;
            expect(inSpan).toBeLessThanOrEqual(own + INSTANCES * lease);
          }
        },
      );

      await fc.assert(property, { seed: 20_301_128, numRuns: 150 });
    },
  );

  it('end with the window: what is left of one is not handed out in the next', async () => {
    const clock = new FakeClock(5_000);
    const { instances } = instancesOf(meterOf('fixed-window', 12), 6, clock);
    for (const limiter of instances) await limiter.hit('anna', 1);
    clock.ms += 1_000;
    let passed = 0;
    for (let i = 0; i < 60; i++) {
      const limiter = instances[i % INSTANCES] as LeasedLimiter;
      if ((await settled(limiter.hit('anna', 1))).passed) passed++;
    }

    expect(passed).toBe(12);
  });

  it('are asked for once by those who come at the same time', async () => {
    const { instances, asked } = instancesOf(meterOf('fixed-window', 100), 10, new FakeClock());
    const [limiter] = instances as [LeasedLimiter];
    const verdicts = await Promise.all(Array.from({ length: 25 }, async () => limiter.hit('anna', 1)));

    expect(verdicts.every(({ passed }) => passed)).toBe(true);
    expect(asked).toEqual([10, 10, 10]);
  });

  it('tell what is left of the store and of the lease together, and how long it has been', async () => {
    const clock = new FakeClock();
    const { instances } = instancesOf(meterOf('fixed-window', 20), 5, clock);
    const [limiter] = instances as [LeasedLimiter];
    await limiter.hit('anna', 1);
    clock.ms = 400;

    expect(limiter.hit('anna', 1)).toEqual({
      passed: true,
      retryMs: 0,
      standings: [{ remaining: 18, resetMs: 600 }],
    });
  });

  it('are not asked for again while a refusal holds, but by what is cheaper', async () => {
    const clock = new FakeClock();
    const { instances, asked } = instancesOf(meterOf('fixed-window', 10), 4, clock);
    const [limiter] = instances as [LeasedLimiter];
    const first = await limiter.hit('anna', 7);
    const refused = await limiter.hit('anna', 5);
    const [again, cheaper] = [limiter.hit('anna', 6), limiter.hit('anna', 3)];

    expect([first.passed, refused.passed]).toEqual([true, false]);
    expect(again).toMatchObject({ passed: false, retryMs: 1_000 });
    expect(await cheaper).toMatchObject({ passed: true });
    expect(asked).toEqual([7, 5, 4]);
  });
});
