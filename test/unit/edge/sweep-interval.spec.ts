import { describe, expect, it } from 'vitest';
import { sweepIntervalMs } from '../../../src/edge/sweep-interval.js';

describe('the interval of a sweep', () => {
  it.each([
    [[60_000, 5_000], 1_000],
    [[60_000, 500], 100],
    [[0, 500], 100],
    [[1], 20],
    [[0, 0], 1_000],
    [[2_147_483_647], 1_000],
  ])('for clocks of %j ms is %i ms', (clocks, interval) => {
    expect(sweepIntervalMs(...clocks)).toBe(interval);
  });
});
