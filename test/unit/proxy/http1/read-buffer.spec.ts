import { describe, expect, it } from 'vitest';
import { ReadBuffer } from '../../../../src/proxy/http1/read-buffer.js';

/** A read that filled the whole buffer, all of it body bytes. */
function fullRead(reads: ReadBuffer): Buffer {
  const { length } = reads.next();
  return reads.take(0, length, length);
}

describe('the memory of a streaming body', () => {
  it('is read into again once the sink has passed it on', () => {
    const reads = new ReadBuffer();
    fullRead(reads);
    const first = fullRead(reads);
    const second = fullRead(reads);

    reads.recycle(first);
    const next = reads.next();

    expect(first.length).toBe(65_536);
    expect(next.buffer).toBe(first.buffer);
    expect(next.buffer).not.toBe(second.buffer);
  });

  it('is never read into while the sink still has it', () => {
    const reads = new ReadBuffer();
    const taken = Array.from({ length: 10 }, () => fullRead(reads).buffer);

    expect(new Set(taken).size).toBe(10);
    expect(taken).not.toContain(reads.next().buffer);
  });

  it('is given up when the connection goes idle, also what comes back after that', () => {
    const reads = new ReadBuffer();
    fullRead(reads);
    const chunk = fullRead(reads);
    const late = fullRead(reads);
    reads.recycle(chunk);

    reads.shrink();
    reads.recycle(late);
    fullRead(reads);

    expect([chunk.buffer, late.buffer]).not.toContain(reads.next().buffer);
  });

  it('does not take back what was copied out of a nearly empty read', () => {
    const reads = new ReadBuffer();
    reads.next();
    const copy = reads.take(0, 100, 16_384);

    reads.recycle(copy);

    expect(copy.buffer).not.toBe(reads.next().buffer);
    expect(reads.bytes.buffer).not.toBe(copy.buffer);
  });
});
