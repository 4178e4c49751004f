import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Handshakes } from '../../../src/edge/tls/handshakes.js';

class FakeSocket extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const connection = () => new FakeSocket() as unknown as Socket & FakeSocket;

describe('handshakes under way', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const of = (handshakeTimeoutMs: number, maxHandshakes: number) =>
    new Handshakes({ handshakeTimeoutMs, maxHandshakes }, () => performance.now());

  it('are closed when their time is over, and no other is', () => {
    const handshakes = of(1_000, 0);
    const [slow, quick, late] = [connection(), connection(), connection()];
    handshakes.begin(slow);
    handshakes.begin(quick);
    vi.advanceTimersByTime(600);
    handshakes.end(quick);
    handshakes.begin(late);

    vi.advanceTimersByTime(600);

    expect([slow.destroyed, quick.destroyed, late.destroyed]).toEqual([true, false, false]);
    expect(handshakes.cutOf(slow)).toBe('timeout');
  });

  it('may take for ever where the clock is off', () => {
    const handshakes = of(0, 0);
    const slow = connection();
    handshakes.begin(slow);

    vi.advanceTimersByTime(3_600_000);

    expect(slow.destroyed).toBe(false);
  });

  it('keep newer ones out in a rush, so that the first get done', () => {
    const handshakes = of(10_000, 2);
    const all = [connection(), connection(), connection()];

    const begun = all.map((socket) => handshakes.begin(socket));

    expect(begun).toEqual([true, true, false]);
    expect(all.map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  });

  it('give way to newer ones when they had enough time', () => {
    const handshakes = of(10_000, 2);
    const [oldest, older, newest] = [connection(), connection(), connection()];
    handshakes.begin(oldest);
    handshakes.begin(older);
    vi.advanceTimersByTime(1_000);

    const begun = handshakes.begin(newest);

    expect(begun).toBe(true);
    expect([oldest.destroyed, older.destroyed, newest.destroyed]).toEqual([true, false, false]);
    expect(handshakes.cutOf(oldest)).toBe('crowded');
  });

  it('are forgotten when the client leaves', () => {
    const handshakes = of(10_000, 1);
    const [left, next] = [connection(), connection()];
    handshakes.begin(left);
    left.destroy();

    const begun = handshakes.begin(next);

    expect([begun, handshakes.size]).toEqual([true, 1]);
    expect(vi.getTimerCount()).toBe(1);
    handshakes.end(next);
    expect(vi.getTimerCount()).toBe(0);
  });
});
