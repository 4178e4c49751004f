import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { unlikeRequest } from '../support/http1-case.js';
import { HTTP2_CASES } from '../support/http2.cases.js';
import { Http2Client } from '../support/http2.client.js';
import { getPath } from '../support/http2.requests.js';
import { http2Trip } from '../support/http2.trip.js';
import type { Http2Case } from '../support/http2-case.js';
import { PlainModule } from '../support/plain.gateway.js';
import { answerOk, PlainUpstream } from '../support/plain.upstream.js';

describe.each(WAYS)('HTTP/2 by the letter, %s', (way) => {
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

  it.each(HTTP2_CASES.map((one) => [`${one.section}: ${one.name}`, one] as const))('%s', async (_, one) => {
    const { upstreamAnswer } = one;
    if (upstreamAnswer !== undefined) {
      upstream.answer = (request) => (request.target === '/c/last' ? answerOk(request) : upstreamAnswer);
    }

    const { unlike } = await http2Trip(running.port, one);
    await lastRequest(running.port);

    expect(unlike).toEqual([]);
    expectUpstream(upstream, one.upstream);
  });
});

/** When this is answered, the upstream has heard whatever was sent to it before. */
async function lastRequest(port: number): Promise<void> {
  const client = new Http2Client(port).send(getPath(1, '/c/last'));
  await client.answer(1);
  client.close();
}

function expectUpstream(upstream: PlainUpstream, wanted: Http2Case['upstream']): void {
  expect(upstream.refused).toEqual([]);
  if (wanted === 'any') return;
  const requests = upstream.requests.filter(({ target }) => target !== '/c/last');
  const list = typeof wanted === 'string' ? [] : wanted;

  expect({ count: requests.length, torsos: wanted === 'torso' ? [] : upstream.torsos }).toEqual({
    count: list.length,
    torsos: [],
  });
  expect(requests.flatMap((found, i) => unlikeRequest(found, list[i]))).toEqual([]);
}
