import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adoptOrMint,
  isCorrelationId,
  mintCorrelationId,
} from '../../../../src/policies/correlation-id/correlation-id.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('adoptOrMint', () => {
  it.each(['a', 'A.b_c-9', '0'.repeat(128)])('adopts the one valid id %s', (id) => {
    expect(adoptOrMint(['Host', 'x', 'x-Correlation-ID', id])).toBe(id);
  });

  it.each([
    ['empty', ''],
    ['129 characters', '0'.repeat(129)],
    ['10 KB', 'a'.repeat(10_240)],
    ['a line break', 'a\r\nSet-Cookie: a=1'],
    ['a line break at its end', 'a\n'],
    ['JSON', '"}{'],
    ['ANSI escapes', '\u001b[31mred'],
    ['a space', 'a b'],
    ['two ids in one field', 'a, b'],
    ['letters beyond ASCII', 'é'],
  ])('mints instead of an id that is %s', (_what, id) => {
    expect(adoptOrMint(['X-Correlation-ID', id])).toMatch(UUID);
  });

  it('mints when there is none, and when there are two, equal or not', () => {
    expect(adoptOrMint([])).toMatch(UUID);
    expect(adoptOrMint(['Host', 'x'])).toMatch(UUID);
    expect(adoptOrMint(['X-Correlation-ID', 'a', 'x-correlation-id', 'b'])).toMatch(UUID);
    expect(adoptOrMint(['X-Correlation-ID', 'a', 'x-correlation-id', 'a'])).toMatch(UUID);
  });

  it('always gives a valid id, and mints one at most once', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 140 }), (value) => {
        const id = adoptOrMint(['X-Correlation-ID', value]);

        expect(isCorrelationId(id)).toBe(true);
        expect(id === value || UUID.test(id)).toBe(true);
      }),
      { seed: 20261123, numRuns: 1000 },
    );
    expect(new Set(Array.from({ length: 1000 }, mintCorrelationId)).size).toBe(1000);
  });
});
