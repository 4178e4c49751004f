import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { HTTP1_CASES } from '../support/http1.cases.js';
import { type AnswerWanted, type Http1Case, unlike, unlikeRequest } from '../support/http1-case.js';
import { PlainClient } from '../support/plain.client.js';
import { PlainModule } from '../support/plain.gateway.js';
import { answerOk, PlainUpstream } from '../support/plain.upstream.js';
import type { PlainResponse } from '../support/plain-response.js';
import { connectTls } from '../support/tls.client.js';

/** A target in absolute-form names the scheme of its connection; by TLS the other one is right. */
const ABSOLUTE_FORM = /^([A-Z]+ http)(s?)(?=:)/i;
const asSecure = (_whole: string, before: string, s: string): string => before + (s === '' ? 's' : '');

/** A client that has said all still listens, as one without TLS does. */
const TLS = { rejectUnauthorized: false, allowHalfOpen: true };

const LAST = 'GET /c/last HTTP/1.1\r\nHost: gateway\r\n\r\n';

const AUTHORITY = new CertificateAuthority();
const files = new CertificateFiles();
const { certFile, keyFile } = files.put('gateway', AUTHORITY.issue('gateway', { names: ['127.0.0.1'] }));

afterAll(() => files.remove());

/** On both ways through, and through both doors. */
const DOORS = WAYS.flatMap((way) => [[way, 'cleartext'] as const, [way, 'TLS'] as const]);

describe.each(DOORS)('HTTP/1.1 by the letter, %s, by %s', (way, door) => {
  let upstream: PlainUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await PlainUpstream.start();
    running = await startGateway(PlainModule, {
      way,
      environment: {
        UPSTREAM_URL: upstream.url,
        LOG_LEVEL: 'silent',
        TLS_CERT_FILE: certFile,
        TLS_KEY_FILE: keyFile,
      },
    });
  });

  beforeEach(() => upstream.forget());

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  it.each(HTTP1_CASES.map((one) => [`${one.section}: ${one.name}`, one] as const))('%s', async (_, one) => {
    const { answer } = one;
    if (answer !== undefined) {
      upstream.answer = (request) => (request.target === '/c/last' ? answerOk(request) : answer);
    }
    const client = new PlainClient(
      door === 'TLS' ? await connectTls(running.httpsPort, undefined, TLS) : running.port,
    ).send(door === 'TLS' ? one.send.replace(ABSOLUTE_FORM, asSecure) : one.send);
    if (one.finish === true) client.finish();

    const answers = await answersOf(client, one);
    const connection = await connectionOf(client, one.connection, one.answers.includes('cut'));
    await lastRequest(running.port);

    expect({
      answers: answers.flatMap((found, i) => unlikeAnswer(found, one.answers[i])),
      connection,
    }).toEqual({
      answers: [],
      connection: one.connection,
    });
    expectUpstream(upstream, one.upstream);
  });
});

/** The answers a case promises; a `cut` one is the reason why it could not be read. */
async function answersOf(
  client: PlainClient,
  { answers, methods = [] }: Http1Case,
): Promise<(PlainResponse | 'cut')[]> {
  const found: (PlainResponse | 'cut')[] = [];
  for (const [i, wanted] of answers.entries()) {
    const answer = client.answer(methods[i]);
    found.push(wanted === 'cut' ? await answer.catch(() => 'cut' as const) : await answer);
  }
  return found;
}

/** Whether the connection serves another request. Nothing but the answers may have come on it. */
async function connectionOf(
  client: PlainClient,
  wanted: Http1Case['connection'],
  cut: boolean,
): Promise<string> {
  try {
    if (wanted === 'either') return wanted;
    if (wanted === 'closed') await client.closed();
    else await client.send(LAST).answer();
    return client.text === '' || cut ? wanted : `${wanted} with ${JSON.stringify(client.text)}`;
  } catch (error) {
    return `not ${wanted}: ${String(error)}`;
  } finally {
    client.close();
  }
}

/** When this is answered, the upstream has heard whatever was sent to it before. */
async function lastRequest(port: number): Promise<void> {
  const client = new PlainClient(port).send(LAST);
  await client.answer();
  client.close();
}

function unlikeAnswer(found: PlainResponse | 'cut', wanted: AnswerWanted | 'cut' | undefined): string[] {
  if (found === 'cut' || wanted === 'cut' || wanted === undefined) {
    return found === wanted
      ? []
      : [
          `${typeof found === 'string' ? found : found.status}, not ${wanted === 'cut' ? wanted : 'what was wanted'}`,
        ];
  }
  const statuses = typeof wanted.status === 'number' ? [wanted.status] : wanted.status;
  const { body = found.body, framing = found.framing } = wanted;
  return [
    ...(statuses.includes(found.status)
      ? []
      : [`the status is ${found.status}, not ${statuses.join(' or ')}`]),
    ...(found.body === body ? [] : [`the body is ${JSON.stringify(found.body)}`]),
    ...(found.framing === framing ? [] : [`the body is framed by ${found.framing}`]),
    ...unlike(found.fields, wanted.fields),
    ...unlike(found.trailers, wanted.trailers),
  ];
}

function expectUpstream(upstream: PlainUpstream, wanted: Http1Case['upstream']): void {
  const requests = upstream.requests.filter(({ target }) => target !== '/c/last');
  const list = typeof wanted === 'string' ? [] : wanted;

  expect({
    count: requests.length,
    refused: upstream.refused,
    torsos: wanted === 'torso' ? [] : upstream.torsos,
  }).toEqual({
    count: list.length,
    refused: [],
    torsos: [],
  });
  expect(requests.flatMap((found, i) => unlikeRequest(found, list[i]))).toEqual([]);
}
