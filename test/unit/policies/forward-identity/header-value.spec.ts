import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimValue, headerText, UNUSABLE } from '../../../../src/policies/forward-identity/header-value.js';

/** What an upstream does to have the claim again. */
const read = (value: string): string[] =>
  value.split(',').map((member) => decodeURIComponent(member.replace(/^[ \t]+|[ \t]+$/g, '')));

describe('a claim in a header', () => {
  it('is always printable ASCII without blanks at its ends, and means one text again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const value = headerText(text);

        expect(value).toMatch(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
        expect(read(value)).toEqual([text]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('means one list of texts again', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary-ascii', minLength: 1 }), { minLength: 1 }), (texts) => {
        expect(read(claimValue(texts) as string)).toEqual(texts);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[unknown, unknown]>([
    ['north', 'north'],
    ['two words', 'two words'],
    [' edges ', '%20edges%20'],
    [' ', '%20'],
    ['a,b', 'a%2Cb'],
    [['a', 'b c', 7, true], 'a, b c, 7, true'],
    [0, '0'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [['a', '', null], 'a'],
    ['\ud800', '%EF%BF%BD'],
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    [[], undefined],
    [{}, UNUSABLE],
    [[{}], UNUSABLE],
    [[['a']], UNUSABLE],
    [() => 1, UNUSABLE],
    ['x'.repeat(4_097), UNUSABLE],
    ['\0'.repeat(1_400), UNUSABLE],
  ])('is for %j: %s', (claim, value) => {
    expect(claimValue(claim)).toBe(value);
  });
});
