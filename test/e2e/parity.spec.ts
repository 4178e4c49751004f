import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ParityPair, type ParityRequest } from '../support/parity.pair.js';
import type { Respond } from '../support/recording.upstream.js';
import { token } from '../support/tokens.js';

/** A pair takes about 3 ms. */
const RUNS = process.env['PROOFS'] === undefined ? 500 : 20_000;
const SEED = 20_261_124;

const EXP = Math.floor(Date.now() / 1000) + 3_600;
const VALID = `Authorization: Bearer ${token({ exp: EXP, sub: 'alice', scope: 'main:read' })}`;
const AUTHORIZATIONS: readonly (readonly string[])[] = [
  [VALID],
  [VALID],
  [VALID],
  [`Authorization: Bearer ${token({ exp: EXP, sub: 'bob' })}`],
  [`authorization: bearer ${token({ exp: EXP })}`],
  [`Authorization: Bearer ${token({ exp: EXP - 7_200 })}`],
  ['Authorization: Bearer hello'],
  ['Authorization: Basic YTpi'],
  [VALID, VALID],
  [],
];

/** What the upstream does with one request. */
interface Behaviour {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly framing: 'length' | 'chunked' | 'pieces';
}

const behave =
  ({ status, headers, body, framing }: Behaviour): Respond =>
  (req, res) => {
    res.sendDate = true;
    for (const [name, value] of headers) res.appendHeader(name, value);
    const empty = status === 204 || status === 304 || req.method === 'HEAD';
    if (framing === 'length' && status !== 204) res.setHeader('Content-Length', Buffer.byteLength(body));
    res.writeHead(status);
    if (empty) res.end();
    else if (framing === 'pieces') {
      res.write(body.slice(0, body.length / 2));
      res.write(body.slice(body.length / 2));
      res.end();
    } else if (framing === 'chunked') {
      res.flushHeaders();
      res.end(body);
    } else res.end(body);
  };

const OK: Behaviour = {
  status: 200,
  headers: [['Content-Type', 'application/json']],
  body: '{"id":1,"secret":2}',
  framing: 'length',
};

const segment = fc.oneof(
  fc.constantFrom('a', 'b', '7', 'new', 'x%20y', 'caf%C3%A9', '%7Etilde', 'A', 'a;v=1', "it's", 'a+b', '$'),
  fc.stringMatching(/^[a-z0-9._~-]{1,12}$/),
);
const strange = fc.constantFrom(
  '..',
  '.',
  '%2e%2e',
  'a%2Fb',
  'a%5cb',
  '%00',
  '',
  '%',
  '%zz',
  '%ff',
  'a\\b',
  '..;',
  'a"b',
);
const prefix = fc.constantFrom(
  ...['/main', '/main/list', '/open/x', '/open/small', '/open/body', '/legacy', '/legacy/files'].flatMap(
    (often) => [often, often, often],
  ),
  '/main/joined',
  '/main/gone',
  '/main/own',
  '/main/own/alice',
  '/main/text',
  '/legacy/picked',
  '/plain',
  '/Main',
  '/nowhere',
  '',
);
const path = fc
  .tuple(
    prefix,
    fc.array(fc.oneof({ weight: 12, arbitrary: segment }, { weight: 1, arbitrary: strange }), {
      maxLength: 3,
    }),
    fc.constantFrom('', '', '', '/'),
  )
  .map(([start, segments, end]) => `${[start, ...segments].join('/')}${end}` || '/');
const query = fc.oneof(
  fc.constant(''),
  fc.constantFrom(
    '?',
    '?a=1',
    '?q=a&q=b',
    '?q=%20+x&debug=1',
    '?page=9',
    '?a[]=1',
    '?x=%2f..%2f',
    '?=&&',
    '?__proto__=1',
    '?a=%zz',
    '?q=a|b',
    '?q=é',
  ),
);
const header = fc.constantFrom(
  'Accept: */*',
  'Accept-Encoding: gzip',
  'Cookie: a=1',
  'X-Old: old',
  'X-Correlation-ID: given-1',
  'x-correlation-id: "bad"',
  'Connection: close',
  'Connection: keep-alive, X-Old',
  'Keep-Alive: timeout=5',
  'TE: trailers',
  'X-Forwarded-For: 203.0.113.9',
  'Forwarded: for=203.0.113.9',
  'X-Consumer-ID: root',
  'If-None-Match: "a"',
  'Range: bytes=0-3',
  'X-Empty:',
  'X-Latin: caf\xe9',
  'Via: 1.0 other',
  'Upgrade: websocket',
  'Content-Language: en',
  'Expect: 100-continue',
);
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ headers: [] as string[], body: '' }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'application/json',
          'text/plain',
          'application/x-www-form-urlencoded',
          'application/octet-stream',
        ),
        fc.oneof(
          fc.json(),
          fc.string({ maxLength: 100 }),
          fc.constantFrom('x'.repeat(64), 'x'.repeat(65), '{"a":', '{"__proto__":1}'),
        ),
      )
      .map(([type, text]) => {
        const bytes = Buffer.from(text);
        return {
          headers: [`Content-Type: ${type}`, `Content-Length: ${bytes.length}`],
          body: bytes.toString('latin1'),
        };
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5_000 }))
      .map(([first, second]) => ({
        headers: ['Transfer-Encoding: chunked'],
        body: `${first.toString(16)}\r\n${'x'.repeat(first)}\r\n${second.toString(16)}\r\n${'y'.repeat(second)}\r\n0\r\n\r\n`,
      })),
  },
);
const request: fc.Arbitrary<ParityRequest> = fc
  .record({
    method: fc.constantFrom(
      'GET',
      'GET',
      'GET',
      'HEAD',
      'POST',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'PROPFIND',
    ),
    path,
    query,
    authorization: fc.constantFrom(...AUTHORIZATIONS),
    headers: fc.array(header, { maxLength: 4 }),
    body,
  })
  .map(({ method, path: to, query: search, authorization, headers, body: sent }) => ({
    method,
    target: to + search,
    headers: [...authorization, ...headers, ...sent.headers],
    body: sent.body,
  }));

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  status: fc.constantFrom(200, 200, 200, 201, 203, 204, 206, 301, 304, 400, 404, 410, 418, 500, 503),
  headers: fc.array(
    fc.constantFrom<readonly [string, string]>(
      ['Content-Type', 'application/json'],
      ['content-type', 'text/plain; charset=latin1'],
      ['Content-Type', 'application/problem+json'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Server', 'test/1'],
      ['ETag', '"a"'],
      ['Location', 'http://upstream.test/elsewhere'],
      ['X-Correlation-ID', 'theirs'],
      ['Cache-Control', 'no-store'],
      ['X-Latin', 'caf\xe9'],
      ['Content-Encoding', 'identity'],
      ['WWW-Authenticate', 'Basic'],
    ),
    { maxLength: 4 },
  ),
  body: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '{"id":1,"secret":2,"items":[{"id":1,"secret":3}]}',
        '[]',
        '""',
        '',
        '{"a":',
      ),
    },
    { weight: 2, arbitrary: fc.json() },
    { weight: 2, arbitrary: fc.string({ maxLength: 200 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('x'.repeat(20_000), JSON.stringify({ id: 1, text: 'é'.repeat(40_000) })),
    },
  ),
  framing: fc.constantFrom('length', 'chunked', 'pieces'),
});

describe('the compiled and the interpreted way', () => {
  let pair: ParityPair;

  beforeAll(async () => {
    pair = await ParityPair.start();
  });

  afterAll(() => pair.close());

  const get = (target: string, ...headers: string[]): ParityRequest => ({
    method: 'GET',
    target,
    headers,
    body: '',
  });

  it.each<readonly [string, ParityRequest, Partial<Behaviour>]>([
    ['a filtered answer', get('/main/a', VALID), {}],
    ['a filtered answer that is no JSON', get('/main/a', VALID), { body: '<p>' }],
    ['a filtered error', get('/main/a', VALID), { status: 404, body: '<p>' }],
    ['a joined answer', get('/main/joined/7?q=a&q=b', VALID), {}],
    ['a joined answer that is refused', get('/main/joined/7', VALID), { status: 500 }],
    ['a missing token', get('/main/a'), {}],
    ['a missing scope', get('/main/joined/7', AUTHORIZATIONS[3]?.[0] as string), {}],
    ['a rule that refuses', get('/main/own/bob', VALID), {}],
    ['an upstream that is gone', get('/main/gone', VALID), {}],
    ['text of a handler', get('/main/text', VALID), {}],
    [
      'a public answer in chunks',
      get('/open/x/y?debug=1&a=b', 'Cookie: a=1', 'X-Old: o'),
      { framing: 'chunked' },
    ],
    ['an ambiguous path', get('/open/x/%2e%2e'), {}],
    ['no route', get('/nowhere'), {}],
    ['a method no route takes', { ...get('/open/small'), method: 'DELETE' }, {}],
    ['OPTIONS of a path', { ...get('/open/small'), method: 'OPTIONS' }, {}],
    ['HEAD', { ...get('/main/a', VALID), method: 'HEAD' }, {}],
    ['a legacy answer', get('/legacy/a/b?x=%20', VALID), { framing: 'pieces' }],
    ['a picked legacy answer', get('/legacy/picked', VALID), {}],
    ['an ordinary controller', get('/plain/7'), {}],
    [
      'a handler that asks for the body',
      {
        method: 'POST',
        target: '/open/body',
        headers: ['Content-Type: application/json', 'Content-Length: 7'],
        body: '{"a":1}',
      },
      {},
    ],
    [
      'a body over the limit',
      { method: 'POST', target: '/open/small', headers: ['Content-Length: 65'], body: 'x'.repeat(65) },
      {},
    ],
  ])('answer alike: %s', async (_, sent, told) => {
    const answer = await pair.compare(sent, behave({ ...OK, ...told }));

    expect(answer.status).toBeGreaterThanOrEqual(200);
  });

  it('answer alike when the upstream is late', async () => {
    const answer = await pair.compare(get('/open/late'), () => {});

    expect(answer.status).toBe(504);
  });

  it('answer alike up to a limit and beyond it', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++)
      statuses.push((await pair.compare(get('/main/few', VALID), behave(OK))).status);

    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  it('answer alike when an answer breaks off', async () => {
    const answer = await pair.compare(get('/open/x/cut'), (_req, res) => {
      res.writeHead(200, { 'Content-Length': '100' });
      res.write('begun', () => setImmediate(() => res.destroy()));
    });

    expect(answer.complete).toBe(false);
  });

  it(
    `answer alike whatever is asked and whatever the upstream does (${RUNS} random pairs)`,
    async () => {
      await fc.assert(
        fc.asyncProperty(request, behaviour, async (sent, told) => {
          await pair.compare(sent, behave(told));
        }),
        { seed: SEED, numRuns: RUNS },
      );
    },
    RUNS * 100,
  );
});
