import { describe, expect, it } from 'vitest';
import { varyBy } from '../../../src/contracts/vary.js';

describe('varyBy', () => {
  it.each([
    [[], ['Vary', 'Origin']],
    [
      ['Vary', 'Accept'],
      ['Vary', 'Accept, Origin'],
    ],
    [
      ['vary', 'Accept', 'X', '1', 'VARY', ' , Accept-Language'],
      ['X', '1', 'Vary', 'Accept, Accept-Language, Origin'],
    ],
    [
      ['Vary', 'accept, oRIGIN'],
      ['Vary', 'accept, oRIGIN'],
    ],
    [
      ['Vary', '*'],
      ['Vary', '*'],
    ],
  ])('%j becomes %j', (headers, expected) => {
    expect(varyBy(headers, 'Origin')).toEqual(expected);
  });
});
