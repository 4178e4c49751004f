import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SWEEP_INTERVAL_MS } from '../../src/proxy/http1/sweep.js';
import { ScriptedUpstream } from '../support/scripted.upstream.js';
import { UpstreamClient } from '../support/upstream.client.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let now = 0;
let random = 0;
let upstream: ScriptedUpstream;
let stock: UpstreamClient;

/** Moves the client's clock, and its sweep with it. */
function pass(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(SWEEP_INTERVAL_MS);
}

function arrange(pool: object): void {
  stock = new UpstreamClient({ targets: upstream.url, pool }, { now: () => now, random: () => random });
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  now = 1_000;
  random = 0;
  upstream = await ScriptedUpstream.start();
});

afterEach(async () => {
  stock.close();
  await upstream.close();
  vi.useRealTimers();
});

describe('a connection as old as maxAgeMs', () => {
  it('is closed by the sweep when it is idle', async () => {
    arrange({ maxAgeMs: 10_000 });
    await stock.get().answer;

    pass(9_999);
    const before = stock.connections;
    pass(1);

    expect([before, stock.connections]).toEqual([1, 0]);
  });

  it('is not taken for a request that comes before the sweep does', async () => {
    arrange({ maxAgeMs: 10_000 });
    await stock.get().answer;

    now += 10_000;
    const { answer, trace } = stock.get();
    await answer;

    expect([trace.reused, upstream.connections]).toEqual([false, 2]);
  });

  it('finishes the request it carries and takes no other', async () => {
    arrange({ maxAgeMs: 1_000 });
    upstream.script = () => {};
    const first = stock.get();
    await vi.waitUntil(() => upstream.requests.length === 1);

    pass(1_500);
    upstream.script = ({ socket }) => socket.write(OK);
    upstream.requests[0]?.socket.write(OK);
    const { body } = await first.answer;
    const second = stock.get();
    await second.answer;

    expect([body.whole?.toString(), second.trace.reused, upstream.connections]).toEqual(['ok', false, 2]);
  });

  it('gives way to a new one for whoever waits', async () => {
    arrange({ maxAgeMs: 10_000, maxConnections: 1 });
    upstream.script = () => {};
    const first = stock.get();
    await vi.waitUntil(() => upstream.requests.length === 1);
    now = 10_500;
    const second = stock.get();

    now = 11_000;
    upstream.script = ({ socket }) => socket.write(OK);
    upstream.requests[0]?.socket.write(OK);
    const answers = [await first.answer, await second.answer];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect([second.trace.reused, upstream.connections]).toEqual([false, 2]);
  });

  it.each([
    [0, 10_000],
    [0.5, 9_500],
    [1, 9_000],
  ])('is so up to a tenth sooner: at a draw of %d after %d ms', async (draw, ms) => {
    random = draw;
    arrange({ maxAgeMs: 10_000 });
    await stock.get().answer;

    pass(ms - 1);
    const before = stock.connections;
    pass(1);

    expect([before, stock.connections]).toEqual([1, 0]);
  });

  it('does not exist when maxAgeMs is 0', async () => {
    arrange({ maxAgeMs: 0, idleMs: 3_600_000 });
    await stock.get().answer;

    pass(3_599_999);
    const { answer, trace } = stock.get();
    await answer;

    expect(trace.reused).toBe(true);
  });

  it('does not make idleMs longer', async () => {
    arrange({ maxAgeMs: 10_000, idleMs: 1_000 });
    await stock.get().answer;

    pass(1_000);

    expect(stock.connections).toBe(0);
  });
});

describe('an idle connection', () => {
  it('is destroyed by bytes that nobody asked for, and they answer no request', async () => {
    arrange({});
    await stock.get().answer;

    upstream.requests[0]?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await vi.waitUntil(() => stock.connections === 0);
    const { answer, trace } = stock.get();
    const { body } = await answer;

    expect([body.whole?.toString(), trace.reused]).toEqual(['{"ok":true}', false]);
  });

  it.each([
    ['closed', (socket: { end(): void }) => socket.end()],
    ['reset', (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
  ])('is never handed out once it was seen that the upstream %s it', async (_how, leave) => {
    arrange({});
    await stock.get().answer;

    leave(upstream.requests[0]?.socket as never);
    await vi.waitUntil(() => stock.connections === 0);
    const { answer, trace } = stock.get();
    await answer;

    expect([trace.reused, upstream.connections]).toEqual([false, 2]);
  });
});
