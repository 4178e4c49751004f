import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureServiceBuilt, PROJECT } from '../support/built.service.js';
import { ask } from '../support/gateway.harness.js';
import { type RawAnswer, RawClient } from '../support/raw.client.js';
import { RecordingUpstream, type Respond } from '../support/recording.upstream.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';
import { bearer } from '../support/tokens.js';

const SERVICE = join(PROJECT, 'dist', 'main.js');

describe('the service that is told to end', () => {
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

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<string> {
    service = new ServiceProcess(SERVICE, {
      environment: { ...SERVICE_ENVIRONMENT, ORDERS_URL: upstream.url, ...environment },
    });
    return (await service.addresses()).url;
  }

  /** A request that has reached the upstream, which keeps its answer back until it is released. */
  async function heldRequest(url: string): Promise<{ answer: ReturnType<typeof ask>; release: () => void }> {
    let release = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      const respond: Respond = (_request, response) => {
        release = () => response.end('held');
        resolve();
      };
      upstream.respond = respond;
    });
    const answer = ask(`${url}/api/orders`, { headers: bearer() });
    answer.catch(() => {});
    await arrived;
    return { answer, release };
  }

  it('turns readiness red and closes connections at once, yet takes requests until the delay is over', async () => {
    const url = await start({ DRAIN_DELAY_MS: '60000', DRAIN_MS: '60000' });
    const before = await knock(url, '/health/ready');

    service.signal('SIGTERM');
    await service.event('gateway.draining');
    const ready = await knock(url, '/health/ready');
    const live = await knock(url, '/health/live');
    const traffic = await knock(url, '/api/orders');

    expect([before.status, before.values('connection')]).toEqual([200, ['keep-alive']]);
    expect([ready.status, live.status, traffic.status]).toEqual([503, 200, 200]);
    for (const answer of [ready, live, traffic]) expect(answer.values('connection')).toEqual(['close']);
    expect(service.running).toBe(true);
  });

  it('lets a request in flight finish after its port has closed, then exits 0', async () => {
    const url = await start();
    const { answer, release } = await heldRequest(url);

    service.signal('SIGTERM');
    await service.event('gateway.draining');
    await refusal(url);
    release();

    const { status, text, headers } = await answer;
    expect([status, text, headers.connection]).toEqual([200, 'held', 'close']);
    expect(await service.exit).toEqual({ code: 0, signal: null });
    expect(service.lines.filter((line) => line['event'] === 'request')).toHaveLength(1);
    expect(service.lines.at(-1)?.['event']).toBe('gateway.stopped');
  });

  it('does not wait for clients that keep an idle connection', async () => {
    const url = await start();
    const idle = new RawClient(Number(new URL(url).port));
    idle.send('GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await idle.answer();

    service.signal('SIGTERM');

    expect(await service.exit).toEqual({ code: 0, signal: null });
    await idle.closed();
    idle.close();
  });

  it('cuts a request that hangs when the drain time is over, records it and exits 0', async () => {
    const url = await start({ DRAIN_MS: '300' });
    const { answer } = await heldRequest(url);
    const toldAt = performance.now();

    service.signal('SIGTERM');

    await expect(answer).rejects.toThrow();
    expect(await service.exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - toldAt).toBeGreaterThanOrEqual(290);
    expect(performance.now() - toldAt).toBeLessThan(10_000);
    expect(service.lines.filter((line) => line['event'] === 'request')).toHaveLength(1);
  });

  it('exits at once when it is told twice', async () => {
    const url = await start({ DRAIN_MS: '60000' });
    await heldRequest(url);

    service.signal('SIGTERM');
    await service.event('gateway.draining');
    service.signal('SIGTERM');

    expect(await service.exit).toEqual({ code: 1, signal: null });
  });

  it('ends on SIGINT as on SIGTERM', async () => {
    await start();

    service.signal('SIGINT');

    expect(await service.exit).toEqual({ code: 0, signal: null });
  });

  /** One request on a new connection that it offers to keep. */
  async function knock(url: string, path: string): Promise<RawAnswer> {
    const client = new RawClient(Number(new URL(url).port));
    const { Authorization } = bearer();
    client.send(`GET ${path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${Authorization}\r\n\r\n`);
    const answer = await client.answer();
    client.close();
    return answer;
  }

  /** Resolves when nobody listens any more: it happens on the service's clock, so it is asked for. */
  async function refusal(url: string): Promise<void> {
    for (;;) {
      const probe = new RawClient(Number(new URL(url).port));
      const connected = new Promise<boolean>((resolve) => probe.socket.once('connect', () => resolve(true)));
      const refused = !(await Promise.race([connected, probe.closed().then(() => false)]));
      probe.close();
      if (refused) return;
      await sleep(10);
    }
  }
});
