import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DESYNC_CASES } from '../support/desync.cases.js';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { PlainModule } from '../support/plain.gateway.js';
import { sentBytes, takeTrip } from '../support/plain.trip.js';
import { PlainUpstream } from '../support/plain.upstream.js';
import { plainTarget } from '../support/plain-request.js';

const LAST = 'GET /c/last HTTP/1.1\r\nHost: gateway\r\n\r\n';

describe.each(WAYS)('bytes that two readers could read in two ways, %s', (way) => {
  let upstream: PlainUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await PlainUpstream.start();
    running = await startGateway(PlainModule, {
      way,
      environment: { UPSTREAM_URL: upstream.url, LOG_LEVEL: 'silent' },
    });
  });

  beforeEach(() => upstream.forget());

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  it.each(DESYNC_CASES.map((one) => [one.name, one] as const))('%s', async (_, { bytes, behind = '' }) => {
    const sent = sentBytes(behind === '' ? [bytes] : [bytes, behind]);
    const { requests } = sent;

    const { answers } = await takeTrip(running.port, sent);
    await takeTrip(running.port, sentBytes([LAST]));

    const heard = upstream.requests.filter(({ target }) => target !== '/c/last');
    // Whatever the upstream heard is well-formed by the plain reading, and no more of it than was sent beyond doubt.
    expect(upstream.refused).toEqual([]);
    expect(heard.map(({ method, target, body }) => [method, target, body])).toEqual(
      requests
        .slice(0, heard.length)
        .map(({ method, target, body }) => [method, plainTarget(method, target), body]),
    );
    expect(heard.length + upstream.torsos.length).toBeLessThanOrEqual(requests.length + 1);
    // One answer a request, and at most one more: the refusal behind which the connection is closed.
    const refusals = answers.slice(requests.length);
    expect(refusals.length).toBeLessThanOrEqual(1);
    for (const { status } of refusals) expect(status).toBeGreaterThanOrEqual(400);
    expect(answers.filter(({ status }) => status < 300).length).toBeLessThanOrEqual(requests.length);
  });
});
