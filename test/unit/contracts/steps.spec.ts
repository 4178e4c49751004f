import { describe, expect, it } from 'vitest';
import { atOnce, inTurns, type Steps } from '../../../src/contracts/steps.js';

function* counting(parts: number, atEach: () => void = () => {}): Steps<number> {
  for (let part = 0; part < parts; part++) {
    atEach();
    yield;
  }
  return parts;
}

describe('long work', () => {
  it('is done at once for those who have nothing else to do', () => {
    expect(atOnce(counting(5))).toBe(5);
  });

  it('lets others go first once its turn is over, and not before', async () => {
    let now = 0;
    const others: number[] = [];
    const wait = () => setImmediate(() => others.push(now) < 3 && wait());
    wait();

    const done = await inTurns(
      counting(30, () => now++),
      () => now,
    );

    expect(done).toBe(30);
    expect(others).toEqual([10, 20, 30]);
  });

  it('fails as its parts do', async () => {
    const failing = counting(1, () => {
      throw new Error('no');
    });

    await expect(inTurns(failing, () => 0)).rejects.toThrow('no');
  });
});
