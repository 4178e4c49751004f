import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/contracts/forwarder.js';
import { TargetPool } from '../../../src/targets/target-pool.js';

const target = (host: string, weight = 1): Target => ({
  id: `${host}:80`,
  host,
  port: 80,
  tls: false,
  weight,
});

const picks = (pool: TargetPool, times: number): string =>
  Array.from({ length: times }, () => pool.pick().host).join('');

describe('TargetPool', () => {
  it('takes equal targets in turn', () => {
    const pool = new TargetPool([target('a'), target('b'), target('c')]);

    const order = picks(pool, 6);

    expect(order).toBe('abcabc');
  });

  it('mixes a heavy target with the light ones instead of picking it in a row', () => {
    const pool = new TargetPool([target('a', 5), target('b', 1), target('c', 1)]);

    const order = picks(pool, 7);

    expect(order).toBe('aabacaa');
  });

  it('gives each target exactly its weight in every full round', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 });

    fc.assert(
      fc.property(
        weights.filter((all) => all.some((weight) => weight > 0)),
        (all) => {
          const pool = new TargetPool(all.map((weight, i) => target(String.fromCharCode(97 + i), weight)));
          const round = all.reduce((sum, weight) => sum + weight, 0);

          const order = picks(pool, round * 3);

          for (const { host, weight } of pool.targets) {
            expect(order.split(host).length - 1).toBe(weight * 3);
          }
        },
      ),
      { seed: 20261124, numRuns: 200 },
    );
  });

  it('never picks a target of weight 0', () => {
    const pool = new TargetPool([target('a', 0), target('b'), target('c')]);

    const order = picks(pool, 20);

    expect(order).not.toContain('a');
  });

  it('picks another target than the excluded one', () => {
    const targets = [target('a', 9), target('b')];
    const pool = new TargetPool(targets);

    const hosts = Array.from({ length: 5 }, () => pool.pick(targets[0]).host);

    expect(hosts.join('')).toBe('bbbbb');
  });

  it('picks the excluded one again when there is no other', () => {
    const targets = [target('a'), target('b', 0)];
    const pool = new TargetPool(targets);

    const picked = pool.pick(targets[0]);

    expect(picked.host).toBe('a');
  });

  it('refuses a list in which nobody takes calls', () => {
    expect(() => new TargetPool([target('a', 0)])).toThrow(TypeError);
  });
});
