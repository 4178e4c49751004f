import { afterAll, describe, expect, it } from 'vitest';

// Plain JavaScript, on what was built.
const path = '../../bench/micro/subjects.mjs';
const { subjects } = (await import(path)) as {
  subjects: () => { steps: Record<string, (turn: number) => unknown>; close: () => void };
};

/** What is only ever timed by hand would break unseen. */
describe('a step that the micro benchmark times', () => {
  const { steps, close } = subjects();
  afterAll(close);

  it.each(Object.entries(steps))('runs: %s', async (_name, step) => {
    const turns = async () => {
      for (let turn = 0; turn < 100; turn++) await step(turn);
    };

    await expect(turns()).resolves.toBeUndefined();
  });
});
