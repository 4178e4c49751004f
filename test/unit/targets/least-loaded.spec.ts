import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/contracts/forwarder.js';
import type { PoolStatus } from '../../../src/contracts/upstream-status.js';
import { LeastLoaded } from '../../../src/targets/least-loaded.js';

const target = (id: string, weight = 1): Target => ({ id, host: id, port: 80, tls: false, weight });
const A = target('a');
const B = target('b');
const C = target('c', 4);
const pool = (busy: number, others: Partial<PoolStatus> = {}): PoolStatus => ({
  busy,
  idle: 0,
  waiting: 0,
  ...others,
});

const among = (targets: readonly Target[], pools: Readonly<Record<string, PoolStatus>> = {}) =>
  new LeastLoaded(targets, () => new Map(Object.entries(pools)));

describe('the least loaded of targets', () => {
  it('is the one with the fewest requests', () => {
    expect(among([A, B], { a: pool(2), b: pool(1) }).pick()).toBe(B);
    expect(among([A, B], { a: pool(2) }).pick()).toBe(B);
  });

  it('counts requests that wait, and those that share a connection', () => {
    expect(among([A, B], { a: pool(1, { waiting: 3 }), b: pool(2) }).pick()).toBe(B);
    expect(among([A, B], { a: pool(1, { streams: 9 }), b: pool(2) }).pick()).toBe(B);
  });

  it('counts them by weight', () => {
    expect(among([A, C], { a: pool(0), c: pool(2) }).pick()).toBe(C);
    expect(among([A, C], { a: pool(0), c: pool(4) }).pick()).toBe(A);
  });

  it('takes turns among those that are level', () => {
    const targets = among([A, B]);

    expect([targets.pick(), targets.pick(), targets.pick()]).toEqual([A, B, A]);
  });

  it('is another than the one that failed, where there is one', () => {
    expect(among([A, B], { b: pool(9) }).pick(A)).toBe(B);
    expect(among([A]).pick(A)).toBe(A);
  });

  it('never is one of weight 0', () => {
    expect(among([target('z', 0), A], { a: pool(9) }).pick()).toBe(A);
    expect(() => among([target('z', 0)])).toThrow(TypeError);
  });
});
