import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WritePace } from '../../../src/edge/write-pace.js';

const TIMEOUT_MS = 1_000;

describe('the pace at which a client takes its answer', () => {
  it('is too slow when nothing was taken for the whole time, and not before', () => {
    const socket = { _handle: { bytesWritten: 500, writeQueueSize: 400 } } as unknown as Socket;
    const pace = new WritePace(socket, 0);

    expect([999, 1_000].map((now) => pace.isStuck(now, TIMEOUT_MS))).toEqual([false, true]);
  });

  it('is kept by a client that takes parts of one large write', () => {
    const handle = { bytesWritten: 500, writeQueueSize: 400 };
    const pace = new WritePace({ _handle: handle } as unknown as Socket, 0);

    handle.writeQueueSize = 399;
    const verdicts = [900, 1_800, 1_900].map((now) => pace.isStuck(now, TIMEOUT_MS));

    expect(verdicts).toEqual([false, false, true]);
  });

  it('is kept over TLS by a client that takes parts of one large write, which TLS itself does not show', () => {
    const records = { bytesWritten: 520, writeQueueSize: 420 };
    const handle = { bytesWritten: 500, writeQueueSize: 500, _parent: records };
    const pace = new WritePace({ _handle: handle } as unknown as Socket, 0);

    records.writeQueueSize = 300;
    const verdicts = [900, 1_800, 1_900].map((now) => pace.isStuck(now, TIMEOUT_MS));

    expect(verdicts).toEqual([false, false, true]);
  });

  it('is not kept by more bytes that join the queue', () => {
    const handle = { bytesWritten: 500, writeQueueSize: 400 };
    const pace = new WritePace({ _handle: handle } as unknown as Socket, 0);

    handle.bytesWritten += 1_000;
    handle.writeQueueSize += 1_000;

    expect(pace.isStuck(1_000, TIMEOUT_MS)).toBe(true);
  });

  it('is read from the public counts where a connection has no handle of the known kind', () => {
    const socket = { _handle: {}, bytesWritten: 500, writableLength: 400 };
    const pace = new WritePace(socket as unknown as Socket, 0);

    socket.writableLength = 300;
    const verdicts = [900, 1_899, 1_900].map((now) => pace.isStuck(now, TIMEOUT_MS));

    expect(verdicts).toEqual([false, false, true]);
  });
});
