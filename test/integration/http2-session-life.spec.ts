import { executionAsyncResource } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Http2Session } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { queryObjects } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keptSessions } from '../../src/contracts/http2-session-life.js';
import { Http2Connection } from '../../src/edge/http2/http2.connection.js';
import { ask, type RunningGateway, startGateway } from '../support/gateway.harness.js';
import {
  END_STREAM,
  type FrameScript,
  FrameUpstream,
  frame,
  GOAWAY,
  head,
  uint32,
} from '../support/http2-frame.upstream.js';
import { PlainModule } from '../support/plain.gateway.js';
import { UpstreamClient } from '../support/upstream.client.js';

const SCRIPT = fileURLToPath(new URL('../support/break-http2-sections.mjs', import.meta.url));

/** A process of its own: what is tested here ends it. */
const run = (...args: readonly string[]) => {
  const { stdout, stderr, signal } = spawnSync(process.execPath, ['--expose-gc', SCRIPT, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { stdout, stderr, signal };
};

describe('[89] field sections that break off while memory is being collected', () => {
  it.each(['client', 'server'])('end no process that is the %s', (side) => {
    const { stdout, stderr } = run(side, 'guarded');

    expect(stderr).toBe('');
    expect(stdout).toBe('survived\n');
  });

  // When this fails, Node was mended: src/contracts/http2-session-life.ts and this file can go.
  it('would end one by what Node does alone', () => {
    const { stderr, signal } = run('client');

    expect(stderr).toContain('current_nghttp2_memory_');
    expect(signal).toBe('SIGABRT');
  });
});

describe('a session', () => {
  let upstream: FrameUpstream;
  let gateway: RunningGateway;

  beforeAll(async () => {
    upstream = await FrameUpstream.start();
    const environment = { UPSTREAM_URL: upstream.url, LOG_LEVEL: 'silent' };
    gateway = await startGateway(PlainModule, { way: 'compiled', environment });
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const kept = (count: number) => vi.waitFor(() => expect(keptSessions()).toBe(count));

  it('of a client is kept while it stands, and no longer', async () => {
    expect((await ask(`${gateway.url}/nowhere`)).status).toBe(404);
    expect(keptSessions()).toBe(0);

    const session = connect(gateway.url);
    await once(session, 'remoteSettings');
    await kept(1);
    session.destroy();

    await kept(0);
  });

  it('of a client that left leaves nothing behind, although its idle time is not over', async () => {
    for (let i = 0; i < 20; i++) {
      const session = connect(gateway.url);
      await once(session, 'remoteSettings');
      session.destroy();
    }
    await kept(0);

    await vi.waitFor(() => expect(queryObjects(Http2Connection, { format: 'count' })).toBe(0), 5_000);
  });

  it('to an upstream is kept while it stands, and no longer', async () => {
    const client = new UpstreamClient({ targets: [upstream.url], protocol: 'http2' });

    expect((await client.get().answer).status).toBe(200);
    await kept(1);
    client.close();

    await kept(0);
  });

  const goAway = (stream: number): Buffer => frame(GOAWAY, 0, 0, uint32(stream, 0));
  const whole = (stream: number): Buffer => head(stream, END_STREAM, [':status', '204']);

  it.each<[what: string, script: FrameScript]>([
    ['its last answer', (connection, stream) => connection.send(goAway(stream), whole(stream))],
    [
      'a GOAWAY behind its last answer',
      (connection, stream) => connection.send(whole(stream), goAway(stream)),
    ],
    ['a GOAWAY that takes nothing', (connection) => connection.send(goAway(0))],
    [
      'an answer that is none',
      (connection, stream) => connection.send(head(stream, END_STREAM, ['x-a', '1'])),
    ],
  ])('to an upstream is not ended while node reads %s', async (_what, script) => {
    const silent = await FrameUpstream.start();
    silent.script = script;
    const probe = connect(silent.url).on('error', () => {});
    const prototype = Object.getPrototypeOf(Object.getPrototypeOf(probe)) as Http2Session;
    probe.destroy();
    const endedIn: unknown[] = [];
    const { destroy } = prototype;
    const ending = vi.spyOn(prototype, 'destroy').mockImplementation(function (this: Http2Session, ...args) {
      // Node ends sessions by itself as well, where it holds that to be safe.
      if (/[\\/]src[\\/]/.test(new Error().stack ?? ''))
        endedIn.push(executionAsyncResource().constructor.name);
      destroy.apply(this, args);
    });
    const client = new UpstreamClient({ targets: [silent.url], protocol: 'http2' });

    await client.get().answer.catch(() => {});
    client.close();
    await vi.waitFor(() => expect(endedIn.length).toBeGreaterThan(0));
    ending.mockRestore();
    await silent.close();

    expect(new Set(endedIn)).toEqual(new Set(['Immediate']));
  });
});
