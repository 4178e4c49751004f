import { beforeEach, expect, it } from 'vitest';
import type { Count } from '../../src/policies/rate-limit/fixed-window.js';
import type { Limiter, LimitRule, LimitStore } from '../../src/policies/rate-limit/limit-store.js';

/** A store under test, and how its time passes. */
export interface StoreUnderTest {
  readonly store: LimitStore;
  /** Lets its clock go on. */
  pass(ms: number): Promise<void> | void;
}

/** What a hit answered, kept: the memory store's answer is good until the next hit only. */
async function hit(limiter: Limiter, key: string, cost: number): Promise<Count> {
  const count = limiter.hit(key, cost);
  return { ...(count instanceof Promise ? await count : count) };
}

let made = 0;

/** Declares what every store of limits must do, whoever counts. Windows are short enough for a clock that cannot be moved. */
export function conformsToLimitStore(make: () => StoreUnderTest): void {
  let store: LimitStore;
  let pass: StoreUnderTest['pass'];
  let rule: LimitRule;

  beforeEach(() => {
    ({ store, pass } = make());
    rule = { bucket: `orders ${++made}`, windowMs: 60_000, limit: 3, name: 'default' };
  });

  /** What the hits answered, in their order. */
  async function hits(count: number, of: LimitRule, key = 'anna', cost = 1): Promise<number[]> {
    const limiter = store.open(of);
    const answers: Count[] = [];
    for (let i = 0; i < count; i++) answers.push(await hit(limiter, key, cost));
    return answers.map((answer) => answer.hits);
  }

  it('counts up to the limit, and stays one above it', async () => {
    expect(await hits(6, rule)).toEqual([1, 2, 3, 4, 4, 4]);
  });

  it('lets exactly the limit pass when all ask at once', async () => {
    const limiter = store.open({ ...rule, limit: 50 });
    const answers = await Promise.all(Array.from({ length: 200 }, () => hit(limiter, 'anna', 1)));

    expect(answers.filter((answer) => answer.hits <= 50)).toHaveLength(50);
    expect(new Set(answers.map((answer) => answer.hits)).size).toBe(51);
  });

  it('counts keys apart, also those that look like another bucket', async () => {
    const inner: LimitRule = { ...rule, bucket: `${rule.bucket}|60000|x` };
    await hits(3, rule);
    await hits(3, rule, 'x');

    expect(await hits(1, rule, 'ben')).toEqual([1]);
    expect(await hits(1, rule, '')).toEqual([1]);
    expect(await hits(1, rule, 'anna}')).toEqual([1]);
    expect(await hits(1, rule, 'x|60000|anna')).toEqual([1]);
    expect(await hits(1, inner, 'anna')).toEqual([1]);
    expect(await hits(1, rule, 'line\r\nbreak \u0000 ünï 💥')).toEqual([1]);
  });

  it('counts together what names the same bucket and window, and apart what does not', async () => {
    await hits(2, rule);

    expect(await hits(1, { ...rule })).toEqual([3]);
    expect(await hits(1, { ...rule, windowMs: 30_000 })).toEqual([1]);
    expect(await hits(1, { ...rule, bucket: `${rule.bucket} other` })).toEqual([1]);
  });

  it('judges one count by each limit that shares it, and counts no refused hit', async () => {
    await hits(9, rule);

    expect(await hits(2, { ...rule, limit: 10 })).toEqual([4, 5]);
    expect(await hits(1, rule)).toEqual([5]);
  });

  it('takes what a hit costs, or nothing when it does not fit', async () => {
    const ten = { ...rule, limit: 10 };

    expect(await hits(3, ten, 'anna', 4)).toEqual([4, 8, 11]);
    expect(await hits(3, ten)).toEqual([9, 10, 11]);
    expect(await hits(1, ten, 'ben', 11)).toEqual([11]);
    expect(await hits(1, ten, 'ben', 10)).toEqual([10]);
  });

  it('holds the largest limit there is', async () => {
    const most = 999_999_999_999_999;

    expect(await hits(3, { ...rule, limit: most }, 'anna', most - 1)).toEqual([most - 1, most + 1, most + 1]);
    expect(await hits(2, { ...rule, limit: most })).toEqual([most, most + 1]);
  });

  it('tells how long the window lasts, rounded up, from its first hit', async () => {
    const limiter = store.open({ ...rule, windowMs: 1_500 });
    const first = await hit(limiter, 'anna', 1);
    await pass(600);
    const second = await hit(limiter, 'anna', 1);

    expect([first.resetSeconds, second.resetSeconds]).toEqual([2, 1]);
  });

  it('begins afresh when the window has ended, however often it refused meanwhile', async () => {
    const short = { ...rule, windowMs: 300 };
    const before = await hits(20, short);
    await pass(320);

    expect(before.at(-1)).toBe(4);
    expect(await hits(4, short)).toEqual([1, 2, 3, 4]);
  });

  it('starts the window with the first hit, also when that one is refused', async () => {
    const limiter = store.open({ ...rule, windowMs: 1_500 });
    await limiter.hit('anna', 4);
    await pass(600);

    expect(await hit(limiter, 'anna', 1)).toMatchObject({ hits: 1, resetSeconds: 1 });
  });
}
