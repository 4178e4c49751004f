import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../src/contracts/exchange.js';
import { ConnectionSweep } from '../../../src/edge/connection-sweep.js';
import { DownstreamConnection } from '../../../src/edge/downstream-connection.js';

const LIMITS = { bodyMinBytesPerSecond: 100, bodyGraceMs: 5_000, writeTimeoutMs: 5_000 };

/** A connection whose other end is the test. */
class FakeSocket extends EventEmitter {
  writableLength = 0;
  readonly bytesWritten = 0;
  isPaused = (): boolean => false;
  destroy = vi.fn(() => this.emit('close'));
}

const uploadOn = (socket: FakeSocket): Exchange =>
  ({ req: { complete: false, socket }, body: {}, bytesIn: 0, finished: false }) as unknown as Exchange;

describe('the sweep of connections', () => {
  let nowMs = 0;
  let socket: FakeSocket;
  let connection: DownstreamConnection;
  const tooSlow = vi.fn();

  /** Lets time pass for timers and for the clock. */
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 1_000) {
      nowMs += Math.min(left, 1_000);
      vi.advanceTimersByTime(Math.min(left, 1_000));
    }
  };

  beforeEach(() => {
    vi.useFakeTimers();
    tooSlow.mockClear();
    socket = new FakeSocket();
    const sweep = new ConnectionSweep(LIMITS, () => nowMs, tooSlow);
    connection = DownstreamConnection.of(socket as unknown as Socket, () => {}, sweep);
  });

  afterEach(() => {
    socket.emit('close');
    vi.useRealTimers();
  });

  it('tells of a slow body once', () => {
    const exchange = uploadOn(socket);
    connection.add(exchange);

    pass(30_000);

    expect(tooSlow.mock.calls).toEqual([[exchange]]);
  });

  it('tells of a slow rest behind an answer only when no earlier answer would be lost', () => {
    const earlier = uploadOn(socket);
    const exchange = uploadOn(socket);
    connection.add(earlier);
    connection.add(exchange);
    Object.assign(exchange, { finished: true });
    connection.remove(exchange);

    pass(30_000);
    const meanwhile = tooSlow.mock.calls.length;
    connection.remove(earlier);
    pass(1_000);

    expect([meanwhile, tooSlow.mock.calls]).toEqual([0, [[exchange]]]);
  });

  it('forgets a body that is complete, and begins anew with the next', () => {
    const [first, second] = [uploadOn(socket), uploadOn(socket)];
    connection.add(first);
    pass(5_000);
    Object.assign(first.req, { complete: true });
    connection.remove(first);
    connection.add(second);

    pass(5_000);

    expect(tooSlow).not.toHaveBeenCalled();
  });

  it('cuts a client that takes nothing', () => {
    socket.writableLength = 10;

    pass(5_000);
    const before = socket.destroy.mock.calls.length;
    pass(1_000);

    expect([before, socket.destroy.mock.calls.length]).toEqual([0, 1]);
  });

  it('lets a client be that has nothing to take', () => {
    socket.writableLength = 10;
    pass(4_000);
    socket.writableLength = 0;
    pass(1_000);
    socket.writableLength = 10;

    pass(5_000);

    expect(socket.destroy).not.toHaveBeenCalled();
  });

  it('blames no client for a pause of the gateway itself', () => {
    connection.add(uploadOn(socket));
    socket.writableLength = 10;
    pass(1_000);

    nowMs += 60_000;
    vi.advanceTimersByTime(1_000);

    expect(tooSlow).not.toHaveBeenCalled();
    expect(socket.destroy).not.toHaveBeenCalled();
  });

  it('has no timer while there is no connection', () => {
    const during = vi.getTimerCount();
    socket.emit('close');

    expect([during, vi.getTimerCount()]).toEqual([1, 0]);
  });
});
