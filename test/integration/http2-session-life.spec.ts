import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keptSessions } from '../../src/contracts/http2-session-life.js';
import { ask, type RunningGateway, startGateway } from '../support/gateway.harness.js';
import { FrameUpstream } from '../support/http2-frame.upstream.js';
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

  it('to an upstream is kept while it stands, and no longer', async () => {
    const client = new UpstreamClient({ targets: [upstream.url], protocol: 'http2' });

    expect((await client.get().answer).status).toBe(200);
    await kept(1);
    client.close();

    await kept(0);
  });
});
