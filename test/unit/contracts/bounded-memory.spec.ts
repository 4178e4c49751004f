import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMemory } from '../../../src/contracts/bounded-memory.js';

describe('BoundedMemory', () => {
  it('lets the key go that came first, and no other', () => {
    const memory = new BoundedMemory<number>(3);

    for (const [i, key] of ['a', 'b', 'c', 'a', 'd'].entries()) memory.set(key, i);

    expect(['a', 'b', 'c', 'd'].map((key) => memory.get(key))).toEqual([undefined, 1, 2, 4]);
  });

  it('keeps a key that was deleted and came back as long as any other', () => {
    const memory = new BoundedMemory<number>(3);
    memory.set('a', 1);
    memory.delete('a');
    memory.set('b', 2);
    memory.set('a', 3);

    memory.set('c', 4);

    expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual([3, 2, 4]);
  });

  it('never holds more than its maximum, and always what was set last', () => {
    const step = fc.record({
      key: fc.constantFrom(...'abcdefgh'),
      kind: fc.constantFrom('set', 'set', 'delete'),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 100 }), (maximum, steps) => {
        const memory = new BoundedMemory<number>(maximum);
        for (const [i, { key, kind }] of steps.entries()) {
          if (kind === 'set') memory.set(key, i);
          else memory.delete(key);
          expect(memory.get(key)).toBe(kind === 'set' ? i : undefined);
          expect(memory.size).toBeLessThanOrEqual(maximum);
        }
      }),
      { seed: 20261128, numRuns: 300 },
    );
  });

  it('is empty when it was cleared', () => {
    const memory = new BoundedMemory<number>(2);
    for (const key of ['a', 'b', 'c']) memory.set(key, 1);

    memory.clear();
    memory.set('d', 2);

    expect([memory.size, memory.get('c'), memory.get('d')]).toEqual([1, undefined, 2]);
  });
});
