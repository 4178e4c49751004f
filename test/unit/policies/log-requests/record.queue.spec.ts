import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../../src/contracts/clock.js';
import { RecordQueue } from '../../../../src/policies/log-requests/http/record.queue.js';
import {
  RECORD_QUEUE_DEFAULTS,
  type ResolvedQueue,
} from '../../../../src/policies/log-requests/log-requests.options.js';

/** A queue before a collector that does as it is told. */
class Sent {
  readonly batches: string[][] = [];
  readonly at: number[] = [];
  readonly told: unknown[] = [];
  readonly lost: Record<string, number> = {};
  /** `undefined` takes everything. */
  answer: (() => Promise<void>) | undefined = undefined;
  readonly queue: RecordQueue;
  readonly #startedAt = performance.now();

  constructor(options: Partial<ResolvedQueue> = {}) {
    this.queue = new RecordQueue(
      { ...RECORD_QUEUE_DEFAULTS, ...options },
      {
        clock: systemClock,
        send: (records, cancelled) => {
          this.batches.push([...records]);
          this.at.push(Math.round(performance.now() - this.#startedAt));
          const answer = this.answer?.() ?? Promise.resolve();
          const gone = new Promise<void>((_, reject) => {
            cancelled.addEventListener('abort', () => reject(new Error('cancelled')));
          });
          return Promise.race([answer, gone]);
        },
        lost: (reason, records) => {
          this.lost[reason] = (this.lost[reason] ?? 0) + records;
        },
        failing: () => this.told.push('failing'),
        recovered: () => this.told.push('recovered'),
      },
    );
  }

  add(...records: string[]): void {
    for (const record of records) this.queue.add(record);
  }
}

const failing = (): Promise<void> => Promise.reject(new Error('503'));
const hanging = (): Promise<void> => new Promise(() => {});

describe('§6 http-log: the queue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('§6 http-log: max_batch_size 1 sends each record at once, one after the other', async () => {
    const sent = new Sent();
    sent.add('a', 'b', 'c');

    await vi.advanceTimersByTimeAsync(0);

    expect(sent.batches).toEqual([['a'], ['b'], ['c']]);
    expect(sent.queue.size).toBe(0);
  });

  it('§6 http-log: a batch that is full does not wait', async () => {
    const sent = new Sent({ maxBatchSize: 2 });
    sent.add('a', 'b', 'c', 'd');

    await vi.advanceTimersByTimeAsync(0);

    expect(sent.batches).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('§6 http-log: a batch that is not full waits max_coalescing_delay', async () => {
    const sent = new Sent({ maxBatchSize: 3, maxDelayMs: 500 });
    sent.add('a');
    await vi.advanceTimersByTimeAsync(300);
    sent.add('b');
    await vi.advanceTimersByTimeAsync(199);
    const before = [...sent.batches];
    await vi.advanceTimersByTimeAsync(1);

    expect(before).toEqual([]);
    expect(sent.batches).toEqual([['a', 'b']]);
  });

  it('§6 http-log: the record that fills a waiting batch sends it', async () => {
    const sent = new Sent({ maxBatchSize: 2, maxDelayMs: 5_000 });
    sent.add('a');
    await vi.advanceTimersByTimeAsync(100);
    sent.add('b');
    await vi.advanceTimersByTimeAsync(0);

    expect(sent.batches).toEqual([['a', 'b']]);
  });

  it('§6 http-log: tries again after initial_retry_delay, then after twice as long each time', async () => {
    const sent = new Sent({ firstRetryDelayMs: 10 });
    sent.answer = failing;
    sent.add('a');

    await vi.advanceTimersByTimeAsync(10 + 20 + 40 + 80);

    expect(sent.at).toEqual([0, 10, 30, 70, 150]);
    expect(sent.batches).toEqual([['a'], ['a'], ['a'], ['a'], ['a']]);
  });

  it('§6 http-log: never waits longer than max_retry_delay', async () => {
    const sent = new Sent({ firstRetryDelayMs: 100, maxRetryDelayMs: 150 });
    sent.answer = failing;
    sent.add('a');

    await vi.advanceTimersByTimeAsync(600);

    expect(sent.at).toEqual([0, 100, 250, 400, 550]);
  });

  it('§6 http-log: gives a batch up behind max_retry_time, and goes on with the next', async () => {
    const sent = new Sent({ firstRetryDelayMs: 100, maxRetryDelayMs: 100, maxRetryMs: 250 });
    sent.answer = failing;
    sent.add('a', 'b');

    await vi.advanceTimersByTimeAsync(350);

    expect(sent.batches).toEqual([['a'], ['a'], ['a'], ['a'], ['b']]);
    expect(sent.lost).toEqual({ retries: 1 });
  });

  it('§6 http-log: an outage is told once, and its end once', async () => {
    const sent = new Sent();
    sent.answer = failing;
    sent.add('a', 'b');
    await vi.advanceTimersByTimeAsync(100);
    sent.answer = undefined;
    await vi.advanceTimersByTimeAsync(1_000);

    expect(sent.told).toEqual(['failing', 'recovered']);
    expect(sent.lost).toEqual({});
    expect(sent.batches.at(-1)).toEqual(['b']);
  });

  it('§6 http-log: beyond max_entries the oldest that wait are dropped', async () => {
    const sent = new Sent({ maxEntries: 3 });
    sent.answer = hanging;
    sent.add('a');
    await vi.advanceTimersByTimeAsync(0);
    sent.add('b', 'c', 'd', 'e');
    sent.answer = undefined;

    expect(sent.queue.size).toBe(3);
    expect(sent.lost).toEqual({ full: 2 });
    const closed = sent.queue.close(10);
    await vi.advanceTimersByTimeAsync(10);
    await closed;
    // `a` was under way, `d` and `e` waited.
    expect(sent.lost).toEqual({ full: 2, end: 3 });
  });

  it('§6 http-log: beyond max_bytes the oldest are dropped, and a record that is longer never gets in', async () => {
    const sent = new Sent({ maxBytes: 10, maxBatchSize: 10, maxDelayMs: 100 });
    sent.add('aaaa', 'bbbb', 'cccc', 'x'.repeat(11));

    await vi.advanceTimersByTimeAsync(100);

    expect(sent.batches).toEqual([['bbbb', 'cccc']]);
    expect(sent.lost).toEqual({ full: 2 });
  });

  it('§6 http-log: concurrency_limit 1 has one batch under way', async () => {
    const sent = new Sent();
    sent.answer = hanging;
    sent.add('a', 'b', 'c');

    await vi.advanceTimersByTimeAsync(5_000);

    expect(sent.batches).toEqual([['a']]);
    expect(sent.queue.size).toBe(3);
  });

  it('§6 http-log: concurrency_limit -1 sends each record by itself, at most max_entries at the same time', async () => {
    const sent = new Sent({ concurrency: 'unlimited', maxBatchSize: 10, maxEntries: 3 });
    sent.answer = hanging;
    sent.add('a', 'b', 'c', 'd');

    await vi.advanceTimersByTimeAsync(0);

    expect(sent.batches).toEqual([['a'], ['b'], ['c']]);
    expect(sent.lost).toEqual({ full: 1 });
  });

  it('sends at its end what waits, without waiting for more', async () => {
    const sent = new Sent({ maxBatchSize: 10, maxDelayMs: 60_000 });
    sent.add('a', 'b');
    await vi.advanceTimersByTimeAsync(10);

    await sent.queue.close(1_000);

    expect(sent.batches).toEqual([['a', 'b']]);
    expect(sent.lost).toEqual({});
  });

  it('gives up at its end what a collector that hangs does not take in time, and says how much', async () => {
    const sent = new Sent();
    sent.answer = hanging;
    sent.add('a', 'b', 'c');
    await vi.advanceTimersByTimeAsync(0);
    let over = false;
    const closed = sent.queue.close(1_000).then(() => {
      over = true;
    });

    await vi.advanceTimersByTimeAsync(999);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closed;

    expect(sent.lost).toEqual({ end: 3 });
    sent.add('late');
    expect(sent.lost).toEqual({ end: 4 });
  });

  it('gives up at its end a batch that waits to be tried again', async () => {
    const sent = new Sent({ firstRetryDelayMs: 30_000 });
    sent.answer = failing;
    sent.add('a');
    await vi.advanceTimersByTimeAsync(10);

    const closed = sent.queue.close(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    await closed;

    expect(sent.lost).toEqual({ end: 1 });
  });

  it('keeps order and forgets nothing over many records', async () => {
    const sent = new Sent({ maxBatchSize: 7, maxDelayMs: 1, maxEntries: 100_000 });
    const all = Array.from({ length: 5_000 }, (_, i) => `r${i}`);
    for (const record of all) {
      sent.add(record);
      if (record.endsWith('00')) await vi.advanceTimersByTimeAsync(0);
    }

    await vi.advanceTimersByTimeAsync(10);

    expect(sent.batches.flat()).toEqual(all);
  });
});
