import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/settings.table.js';
import { CLOCK_LIMITS, CLOCK_PROMISES } from '../support/clock-limits.cases.js';
import { CONNECTION_LIMITS, CONNECTION_PROMISES } from '../support/connection-limits.cases.js';
import { WAYS, type Way } from '../support/gateway.harness.js';
import { type LimitPromises, type LimitsContext, startLimits, stopLimits } from '../support/limits.app.js';
import { FIXED_SIZE_PROMISES, SIZE_LIMITS, SIZE_PROMISES } from '../support/size-limits.cases.js';

const BY_VARIABLE = { ...SIZE_PROMISES, ...CLOCK_PROMISES, ...CONNECTION_PROMISES };

describe('the limits', () => {
  it('are all tested at n and beyond it', () => {
    const limits = Object.entries(SETTINGS).filter(([, { group }]) => group === 'limits');

    expect(Object.keys(BY_VARIABLE).sort()).toEqual(limits.map(([name]) => name).sort());
  });
});

describe.each(WAYS)('%s,', (way) => {
  describe('by size,', () => {
    const sizes = contextOf(way, SIZE_LIMITS);
    promisesOf(sizes, SIZE_PROMISES);
    describe('without a variable', () => FIXED_SIZE_PROMISES(sizes));
  });

  describe('by number,', () => {
    promisesOf(contextOf(way, CONNECTION_LIMITS), CONNECTION_PROMISES);
  });
});

// They wait for the same clocks: side by side that takes no longer than one of them.
describe.concurrent.each(WAYS)('%s, by time,', (way) => {
  promisesOf(contextOf(way, CLOCK_LIMITS), CLOCK_PROMISES);
});

function promisesOf(context: LimitsContext, promises: Readonly<Record<string, LimitPromises>>): void {
  for (const [name, declare] of Object.entries(promises)) describe(name, () => declare(context));
}

/** A gateway with these limits for all promises of a `describe`. */
function contextOf(way: Way, limits: Readonly<Record<string, number>>): LimitsContext {
  let context: LimitsContext;

  beforeAll(async () => {
    context = await startLimits(way, limits);
  });

  afterAll(() => stopLimits(context));

  return {
    way,
    get running() {
      return context.running;
    },
    get notes() {
      return context.notes;
    },
    get wire() {
      return context.wire;
    },
  };
}
