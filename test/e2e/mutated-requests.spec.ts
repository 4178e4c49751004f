import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { MutatedTraffic } from '../support/mutated.traffic.js';
import { PlainModule } from '../support/plain.gateway.js';
import { PlainUpstream } from '../support/plain.upstream.js';

const TRIPS = 1_000;
const SEED = 20_261_124;
/** Short, so that clients that say no more are done with while the test waits. */
const TIMEOUTS = { HEADERS_TIMEOUT_MS: '1000', REQUEST_TIMEOUT_MS: '2000', KEEP_ALIVE_TIMEOUT_MS: '1000' };

describe.each(WAYS)(`after ${TRIPS} connections of damaged requests, %s`, (way) => {
  let upstream: PlainUpstream;
  let running: RunningGateway;
  let traffic: MutatedTraffic;

  beforeAll(async () => {
    upstream = await PlainUpstream.start();
    running = await startGateway(PlainModule, {
      way,
      environment: { UPSTREAM_URL: upstream.url, LOG_LEVEL: 'error', ...TIMEOUTS },
    });
    traffic = new MutatedTraffic(running.port, upstream, ['/c'], SEED);
    await traffic.run(TRIPS);
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  it('every client was answered or cut off, and none got more than it asked for', () => {
    expect(traffic.problems).toEqual([]);
    expect(traffic.seen.trips).toBe(TRIPS);
    // The damage is worth something only if neither outcome is rare.
    expect(traffic.seen.forwarded).toBeGreaterThan(TRIPS / 4);
    expect(traffic.seen.refused).toBeGreaterThan(TRIPS / 4);
  });

  it('nothing reached the upstream that is not strictly well-formed', () => {
    expect(upstream.refused).toEqual([]);
  });

  it('nothing is left in flight, and an innocent request is answered', async () => {
    await expect
      .poll(async () => (await ask(`${running.adminUrl}/metrics`)).text)
      .toMatch(/^http_server_active_requests(\{.*\})? 0( |$)/m);

    const answer = await ask(`${running.url}/c/innocent`);

    expect(answer.status).toBe(200);
    expect(answer.text).toBe('ok');
  });
});
