import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { ask } from '../support/gateway.harness.js';
import { MutatedTraffic } from '../support/mutated.traffic.js';
import { PlainUpstream } from '../support/plain.upstream.js';
import { LONG } from '../support/proof-size.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const TRIPS = LONG ? 100_000 : 1_000;
const SEED = 30_000_000;
const LIMIT_MS = LONG ? 1_800_000 : 60_000;
/** Short, so that clients that say no more are done with while the proof waits. */
const TIMEOUTS = { HEADERS_TIMEOUT_MS: '1000', REQUEST_TIMEOUT_MS: '2000', KEEP_ALIVE_TIMEOUT_MS: '1000' };

interface Held {
  readonly downstream: number;
  readonly warnings: readonly string[];
}

describe(`after ${TRIPS} connections of damaged requests`, () => {
  let upstream: PlainUpstream;
  let service: ServiceProcess;
  let traffic: MutatedTraffic;
  let url: string;
  let adminUrl: string;

  beforeAll(async () => {
    await ensureServiceBuilt();
    upstream = await PlainUpstream.start();
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: { ...SERVICE_ENVIRONMENT, UPSTREAM_URL: upstream.url, ACCESS_LOG: 'off', ...TIMEOUTS },
      channel: true,
    });
    const addresses = await service.addresses();
    ({ url, adminUrl } = addresses);
    traffic = new MutatedTraffic(addresses.port, upstream, ['/compiled', '/interpreted'], SEED);
    await traffic.run(TRIPS);
  }, LIMIT_MS);

  afterAll(async () => {
    await service.kill();
    await upstream.close();
  });

  it('every client was answered or cut off, and none got more than it asked for', () => {
    expect(traffic.problems).toEqual([]);
    expect(traffic.seen.trips).toBe(TRIPS);
    expect(traffic.seen.forwarded).toBeGreaterThan(TRIPS / 4);
    expect(traffic.seen.refused).toBeGreaterThan(TRIPS / 4);
  });

  it('nothing reached the upstream that is not strictly well-formed', () => {
    expect(upstream.refused).toEqual([]);
  });

  it('nothing failed inside, and nothing is left in flight', async () => {
    await expect
      .poll(async () => (await ask(`${adminUrl}/metrics`)).text, { timeout: 10_000 })
      .toMatch(/^http_server_active_requests(\{.*\})? 0( |$)/m);
    await expect.poll(async () => (await service.ask<Held>('held')).downstream, { timeout: 10_000 }).toBe(0);

    expect(service.running).toBe(true);
    expect(service.lines.filter((line) => line['event'] === 'process.failed')).toEqual([]);
    expect((await service.ask<Held>('held')).warnings).toEqual([]);
    expect(service.stderr).toBe('');
  });

  it.each(['compiled', 'interpreted'])('an innocent request is answered the %s way', async (way) => {
    const answer = await ask(`${url}/${way}/innocent`);

    expect(answer.status).toBe(200);
    expect(answer.text).toBe('ok');
  });
});
