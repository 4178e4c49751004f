import { describe, expect, it } from 'vitest';
import {
  checkOptions,
  nearestName,
  numberWithin,
  show,
  wholeNumber,
} from '../../../src/contracts/option-check.js';

describe('checkOptions', () => {
  const rules = { limit: wholeNumber(1, 9), percent: numberWithin(0, 100) };

  it('finds nothing wrong with sound, missing and undefined options', () => {
    expect(checkOptions('a', 'group', { limit: 3, percent: undefined }, rules)).toEqual([]);
  });

  it.each([
    [{ limit: 0 }, 'group.limit is 0; must be a whole number, 1–9.'],
    [{ limit: '3' }, 'group.limit is "3"; must be a whole number, 1–9.'],
    [{ percent: Number.NaN }, 'group.percent is NaN; must be 0–100.'],
    [{ limti: 3 }, 'group.limti is not an option; did you mean group.limit?'],
    [{ colour: 1 }, 'group.colour is not an option; there are limit, percent.'],
    [{ constructor: 1 }, 'group.constructor is not an option; there are limit, percent.'],
    [7, 'group is 7; must be an object of options.'],
  ])('says what is wrong with %j', (given, message) => {
    expect(checkOptions('a', 'group', given, rules)).toEqual([{ where: 'a', message }]);
  });
});

describe('nearestName', () => {
  it.each([
    ['erorrPercent', 'errorPercent'],
    ['errorpercent', 'errorPercent'],
    ['volum', 'volume'],
    ['reset', 'resetMs'],
    ['somethingElse', undefined],
  ])('reads %s as %s', (name, expected) => {
    expect(nearestName(name, ['errorPercent', 'volume', 'windowMs', 'resetMs'])).toBe(expected);
  });
});

describe('show', () => {
  it('keeps a long value short', () => {
    expect(show('x'.repeat(500)).length).toBeLessThanOrEqual(60);
  });
});
