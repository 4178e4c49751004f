import { describe, expect, it } from 'vitest';
import { WarningPace } from '../../../src/edge/warning-pace.js';

describe('WarningPace', () => {
  it('lets the first through, and then one a minute, however many ask', () => {
    const pace = new WarningPace();

    const through = [0, 1, 59_999, 60_000, 60_001, 119_999, 300_000].filter((nowMs) => pace.due(nowMs));

    expect(through).toEqual([0, 60_000, 300_000]);
  });
});
