import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DescriptorWrite, LogSink } from '../../../src/observability/log-sink.js';

/** A file whose every write the test answers. */
class AnsweredWrites {
  readonly asked: { readonly text: string; readonly answer: Parameters<DescriptorWrite>[2] }[] = [];
  readonly write: DescriptorWrite = (_fd, chunk, answer) => {
    this.asked.push({ text: chunk.toString(), answer });
  };

  succeed(): void {
    const { text, answer } = this.asked.shift() as (typeof this.asked)[number];
    answer(null, Buffer.byteLength(text));
  }

  take(bytes: number): void {
    this.asked.shift()?.answer(null, bytes);
  }

  fail(code: string): void {
    this.asked.shift()?.answer(Object.assign(new Error(code), { code }), 0);
  }
}

describe('the log sink', () => {
  let file: AnsweredWrites;

  beforeEach(() => {
    vi.useFakeTimers();
    file = new AnsweredWrites();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('gathers lines and writes them together, at the latest when the flush time is over', () => {
    const sink = new LogSink(-1, { write: file.write, chunkBytes: 1000, flushMs: 100 });
    sink.write('one\n');
    sink.write('two\n');

    const before = file.asked.length;
    vi.advanceTimersByTime(100);

    expect(before).toBe(0);
    expect(file.asked.map((write) => write.text)).toEqual(['one\ntwo\n']);
  });

  it('writes at once when a chunk is full, and one write at a time', () => {
    const sink = new LogSink(-1, { write: file.write, chunkBytes: 8 });
    sink.write('one\ntwo\n');
    sink.write('three\nfour\n');

    const whileBusy = file.asked.map((write) => write.text);
    file.succeed();

    expect(whileBusy).toEqual(['one\ntwo\n']);
    expect(file.asked.map((write) => write.text)).toEqual(['three\nfour\n']);
  });

  it('goes on in the middle of a line after a write that took only a part', () => {
    const sink = new LogSink(-1, { write: file.write, chunkBytes: 1 });
    sink.write('abcdef\n');

    file.take(3);

    expect(file.asked.map((write) => write.text)).toEqual(['def\n']);
  });

  it('drops and counts lines beyond its memory while the reader does not read', () => {
    const sink = new LogSink(-1, { write: file.write, chunkBytes: 1, maxWaitingBytes: 10 });
    for (let i = 0; i < 6; i++) sink.write('12345\n');

    // One is being written, one waits, four found no room.
    expect(sink.droppedLines).toBe(4);
    expect(file.asked).toHaveLength(1);
  });

  it('tries a full pipe again soon and loses nothing', () => {
    const sink = new LogSink(-1, { write: file.write, chunkBytes: 1 });
    sink.write('line\n');

    file.fail('EAGAIN');
    vi.advanceTimersByTime(1);

    expect(file.asked.map((write) => write.text)).toEqual(['line\n']);
    expect(sink.droppedLines).toBe(0);
  });

  it('keeps trying a full disk once a second, says so once, and goes on when there is room', () => {
    const told: string[] = [];
    const sink = new LogSink(-1, {
      write: file.write,
      chunkBytes: 1,
      maxWaitingBytes: 10,
      onTrouble: (code) => told.push(code),
      onRecovery: (dropped) => told.push(`recovered, ${dropped} lost`),
    });
    sink.write('first\n');
    file.fail('ENOSPC');
    sink.write('second\n');
    sink.write('third\n');
    vi.advanceTimersByTime(1000);
    file.fail('ENOSPC');
    vi.advanceTimersByTime(1000);

    file.succeed();

    expect(told).toEqual(['ENOSPC', 'recovered, 1 lost']);
    expect(file.asked.map((write) => write.text)).toEqual(['second\n']);
  });

  it('closes within its time although the reader is stuck, and counts what was lost', async () => {
    const sink = new LogSink(-1, { write: file.write, chunkBytes: 1 });
    sink.write('under way\n');
    sink.write('waiting\n');

    const closed = sink.close(500);
    await vi.advanceTimersByTimeAsync(500);
    await closed;
    sink.write('too late\n');

    expect(sink.droppedLines).toBe(3);
  });
});

describe('the log sink on a real file', () => {
  it('has every line in the file when it is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-sink-'));
    const path = join(folder, 'access.log');
    const sink = new LogSink(openSync(path, 'a'), { ownsDescriptor: true, chunkBytes: 256 });
    const lines = Array.from({ length: 1000 }, (_, index) => `{"n":${index}}`);

    for (const line of lines) sink.write(`${line}\n`);
    await sink.close(5000);

    expect(readFileSync(path, 'utf8')).toBe(`${lines.join('\n')}\n`);
    expect(sink.droppedLines).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
