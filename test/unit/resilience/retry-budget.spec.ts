import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../../src/resilience/retry-budget.js';

const calls = (budget: RetryBudget, times: number, atMs: number): void => {
  for (let i = 0; i < times; i++) budget.countCall(atMs);
};

const taken = (budget: RetryBudget, times: number, atMs: number): number =>
  Array.from({ length: times }, () => budget.take(atMs)).filter(Boolean).length;

describe('RetryBudget', () => {
  it('allows the stated share of the calls in the window', () => {
    const budget = new RetryBudget(20);
    calls(budget, 1_000, 0);

    const retries = taken(budget, 1_000, 500);

    expect(retries).toBe(200);
  });

  it('allows a few retries to a quiet upstream', () => {
    const budget = new RetryBudget(20);
    calls(budget, 1, 0);

    const retries = taken(budget, 100, 0);

    expect(retries).toBe(10);
  });

  it('allows none at all at 0 percent', () => {
    const budget = new RetryBudget(0);
    calls(budget, 1_000, 0);

    expect(budget.take(0)).toBe(false);
  });

  it('forgets calls and retries that left the window', () => {
    const budget = new RetryBudget(50);
    calls(budget, 100, 0);
    taken(budget, 100, 0);

    const stillFull = budget.take(9_999);
    const later = taken(budget, 100, 10_000);

    expect([stillFull, later]).toEqual([false, 10]);
  });

  it('never holds more retries in a window than its share or its minimum, whatever the order', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3_000 })), { maxLength: 200 });

    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 100 }), (all, percent) => {
        const budget = new RetryBudget(percent);
        const events: { ms: number; retry: boolean }[] = [];
        let ms = 0;
        for (const [retry, pause] of all) {
          ms += pause;
          if (!retry) budget.countCall(ms);
          else if (!budget.take(ms)) continue;
          events.push({ ms, retry });
          // The window is whole seconds: those of this one and of the nine before.
          const inside = events.filter((event) => Math.floor(event.ms / 1_000) > Math.floor(ms / 1_000) - 10);
          const retries = inside.filter((event) => event.retry).length;
          const share = Math.floor(((inside.length - retries) * percent) / 100 + 1e-9);
          if (retry) expect(retries).toBeLessThanOrEqual(Math.max(percent === 0 ? 0 : 10, share));
        }
      }),
      { seed: 20261124, numRuns: 200 },
    );
  });
});
