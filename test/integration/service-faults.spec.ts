import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt, PROJECT } from '../support/built.service.js';
import { ask } from '../support/gateway.harness.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';
import { bearer } from '../support/tokens.js';

const SERVICE = join(PROJECT, 'dist', 'main.js');
/** Where nothing listens: the discard port, which no service of a test machine takes. */
const NOBODY = 'http://127.0.0.1:9';

describe('the service in trouble', () => {
  let upstream: RecordingUpstream;
  let service: ServiceProcess;

  beforeAll(ensureServiceBuilt, 120_000);

  beforeEach(async () => {
    upstream = await RecordingUpstream.start();
  });

  afterEach(async () => {
    await service.kill();
    await upstream.close();
  });

  async function start(file: string, environment: Readonly<Record<string, string>> = {}) {
    service = new ServiceProcess(file, {
      environment: {
        ...SERVICE_ENVIRONMENT,
        ORDERS_URL: upstream.url,
        UPSTREAM_URL: upstream.url,
        ...environment,
      },
    });
    return service.addresses();
  }

  it('writes its access log to the file it is given and its events to stdout', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-'));
    const file = join(folder, 'access.log');
    const { url } = await start(SERVICE, { ACCESS_LOG: file });

    await ask(`${url}/api/orders`, { headers: { ...bearer(), 'X-Correlation-ID': 'to-the-file' } });
    service.signal('SIGTERM');
    await service.exit;

    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    await rm(folder, { recursive: true });
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ event: 'request', status: 200, correlationId: 'to-the-file' }),
    ]);
    expect(service.lines.filter((line) => line['event'] === 'request')).toHaveLength(0);
  });

  it('serves on when nobody reads its output any more', async () => {
    const { url } = await start(SERVICE);
    service.child.stdout?.destroy();
    service.child.stderr?.destroy();

    const statuses: number[] = [];
    for (let i = 0; i < 20; i++)
      statuses.push((await ask(`${url}/api/orders`, { headers: bearer() })).status);

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(service.running).toBe(true);
    service.signal('SIGTERM');
    expect(await service.exit).toEqual({ code: 0, signal: null });
  });

  it("logs a rejection that a team's handler left floating, and serves on", async () => {
    const { url } = await start(await compiledFixture('proof.gateway'));

    const answer = await ask(`${url}/compiled/floating`);
    const failure = await service.event('process.failed');
    const next = await ask(`${url}/compiled/anything`);

    expect([answer.status, next.status]).toEqual([200, 200]);
    expect(failure).toMatchObject({
      level: 'error',
      kind: 'unhandled-rejection',
      cause: { message: 'nobody awaited this' },
    });
    expect(service.running).toBe(true);
  });

  it('logs an exception that nobody caught, finishes what is in flight and ends with 1 for a fresh one', async () => {
    const { url } = await start(await compiledFixture('proof.gateway'));

    const answer = await ask(`${url}/compiled/thrown`);

    expect([answer.status, answer.text]).toEqual([200, '{"ok":true}']);
    expect(await service.exit).toEqual({ code: 1, signal: null });
    const failure = await service.event('process.failed');
    expect(failure).toMatchObject({ kind: 'uncaught-exception', cause: { message: 'nobody caught this' } });
    expect(service.lines.at(-1)?.['event']).toBe('gateway.stopped');
  });

  it('stays healthy on the traffic port when every upstream is dead, and says on the admin port which', async () => {
    const { url, adminUrl } = await start(SERVICE, {
      USERS_URL: NOBODY,
      ORDERS_URL: NOBODY,
      LEGACY_URL: NOBODY,
    });

    const statuses = new Set<number>();
    // More than the breakers need to open.
    for (let i = 0; i < 60; i++) {
      const path = ['orders', 'users', 'legacy'][i % 3];
      statuses.add((await ask(`${url}/api/${path}`, { headers: bearer() })).status);
    }
    const paths = ['/health', '/health/ready', '/health/live'];
    const health = await Promise.all(paths.map((path) => ask(url + path)));
    const details = await ask(`${adminUrl}/health`);

    expect(statuses).toEqual(new Set([502, 503]));
    for (const answer of health) {
      expect([answer.status, answer.json()]).toEqual([200, { status: 'up' }]);
    }
    expect(details.status).toBe(503);
    const { status, error } = details.json() as { status: string; error: Record<string, { status: string }> };
    expect(status).toBe('error');
    expect(Object.keys(error).sort()).toEqual(['legacy-service', 'order-service', 'user-service']);
  });
});
