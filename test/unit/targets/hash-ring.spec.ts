import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/contracts/forwarder.js';
import { HashRing } from '../../../src/targets/hash-ring.js';

const target = (id: string, weight = 1): Target => ({ id, host: id, port: 80, tls: false, weight });
const KEYS = Array.from({ length: 20_000 }, (_, i) => `client ${i}`);

/** How many keys go to each target. */
function spread(ring: HashRing): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of KEYS) {
    const { id } = ring.pick(key);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

describe('a ring of targets', () => {
  it('gives a key the same target each time, whatever the order of the targets', () => {
    const [a, b, c] = [target('a:80'), target('b:80'), target('c:80')];
    const one = new HashRing([a, b, c], 10_000);
    const other = new HashRing([c, a, b], 10_000);

    for (const key of KEYS) expect(other.pick(key)).toBe(one.pick(key));
  });

  it('spreads keys by weight', () => {
    const counts = spread(
      new HashRing([target('a:80', 100), target('b:80', 50), target('c:80', 50)], 10_000),
    );

    expect(counts.get('a:80')).toBeGreaterThan(0.45 * KEYS.length);
    expect(counts.get('a:80')).toBeLessThan(0.55 * KEYS.length);
    expect(counts.get('b:80')).toBeGreaterThan(0.21 * KEYS.length);
    expect(counts.get('b:80')).toBeLessThan(0.29 * KEYS.length);
  });

  it('gives nothing to a target of weight 0', () => {
    expect([...spread(new HashRing([target('a:80', 0), target('b:80')], 100)).keys()]).toEqual(['b:80']);
  });

  it('moves little more than its share of keys when a target comes', () => {
    const old = Array.from({ length: 9 }, (_, i) => target(`10.0.0.${i}:80`));
    const before = new HashRing(old, 10_000);
    const after = new HashRing([...old, target('10.0.0.9:80')], 10_000);

    const moved = KEYS.filter((key) => before.pick(key) !== after.pick(key));

    expect(moved.length / KEYS.length).toBeLessThan(0.2);
    expect(moved.length / KEYS.length).toBeGreaterThan(0.05);
  });

  it('moves no key of the others when a target goes and the rest keep their points', () => {
    const all = ['a:80', 'b:80', 'c:80', 'd:80'].map((id) => target(id));
    const before = new HashRing(all, 4_000);
    const after = new HashRing(all.slice(0, 3), 3_000);

    for (const key of KEYS) {
      const was = before.pick(key);
      if (was.id !== 'd:80') expect(after.pick(key)).toBe(was);
    }
  });

  it('gives a key another target after the first one failed, the same for each key', () => {
    const ring = new HashRing([target('a:80'), target('b:80'), target('c:80')], 1_000);

    for (const key of KEYS.slice(0, 500)) {
      const failed = ring.pick(key);
      expect(ring.pick(key, failed)).not.toBe(failed);
      expect(ring.pick(key, failed)).toBe(ring.pick(key, failed));
    }
  });

  it('stays with the only target there is', () => {
    const only = target('a:80');

    expect(new HashRing([only], 10).pick('key', only)).toBe(only);
  });

  it('needs a target that takes calls', () => {
    expect(() => new HashRing([target('a:80', 0)], 10)).toThrow(TypeError);
  });
});
