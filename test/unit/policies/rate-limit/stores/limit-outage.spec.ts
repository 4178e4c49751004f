import { describe, expect, it } from 'vitest';
import { SILENT_LIMIT_OBSERVER } from '../../../../../src/contracts/limit-observer.js';
import { LimitOutage } from '../../../../../src/policies/rate-limit/stores/redis/limit-outage.js';
import { FakeClock } from '../fixtures.js';

/** A store of parts, of which some are down; a key's first letter is its part. */
function setup() {
  const clock = new FakeClock();
  const down = new Set<string>();
  const told: string[] = [];
  const probed: string[] = [];
  const answer = async (key: string): Promise<string> => {
    if (down.has(key[0] as string)) throw new Error(`${key[0]} is down`);
    return 'asked';
  };
  const outage = new LimitOutage({
    fail: 'local',
    clock,
    observer: {
      ...SILENT_LIMIT_OBSERVER,
      storeLost: (cause) => void told.push((cause as Error).message),
      storeBack: () => void told.push('back'),
    },
    partOf: (key) => key[0] as string,
    probe: (key) => {
      probed.push(key);
      return answer(key);
    },
  });
  const decide = outage.guard<[key: string], string>({
    fail: undefined,
    passed: 'passed',
    storeKey: (key) => key,
    ask: answer,
    local: () => 'local',
  });
  return { clock, down, told, probed, decide };
}

/** Until what was begun has settled. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a store of which one part cannot be asked', () => {
  it('is asked for the keys of its other parts', async () => {
    const { down, told, decide } = setup();
    down.add('a');

    const answers = [await decide('a1'), decide('a2'), await decide('b1'), await decide('b2')];

    expect(answers).toEqual(['local', 'local', 'asked', 'asked']);
    expect(told).toEqual(['a is down']);
  });

  it('is said to be lost once and back once, however many parts fail in between', async () => {
    const { clock, down, told, decide } = setup();
    down.add('a').add('b');
    await decide('a1');
    await decide('b1');
    down.delete('a');
    clock.ms = 100;
    await decide('a1');
    await settle();
    const one = [await decide('a1'), decide('b1')];
    down.delete('b');
    clock.ms = 200;
    await decide('c1');
    await settle();

    expect(one).toEqual(['asked', 'local']);
    expect(told).toEqual(['a is down', 'back']);
    expect(await decide('b1')).toBe('asked');
  });

  it('is looked for a part at a time, one question every 100 ms, also while only others are asked', async () => {
    const { clock, down, probed, decide } = setup();
    down.add('a');
    await decide('a1');
    for (const ms of [50, 99, 100, 150, 199, 200]) {
      clock.ms = ms;
      await decide('b1');
      await settle();
    }

    expect(probed).toEqual(['a1', 'a1']);
  });
});
