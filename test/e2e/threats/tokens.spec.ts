import { createServer } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EchoUpstream } from '../../support/echo.upstream.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { JWS_CASES } from '../../support/jws.cases.js';
import {
  CLAIMS,
  encode,
  good,
  headerOf,
  type Json,
  signed,
  signerNamed,
  signerOf,
} from '../../support/jws.maker.js';
import type { JwsCase } from '../../support/jws-case.js';
import { selfKeyed } from '../../support/jws-key.cases.js';
import { tokensApp } from '../../support/tokens.app.js';
import { openSocket, refusal } from '../../support/websocket.client.js';

/** What a header field can carry as it stands. */
const SENDABLE = /^[\x21-\x7e]{0,12000}$/;

const stranger = createServer((_req, res) => res.end('{}'));
await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
const strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
afterAll(() => void stranger.close());

const ROWS = [...JWS_CASES, ...selfKeyed(strangerUrl)].filter(({ token }) => SENDABLE.test(token));
/** Every set of keys that a row needs, each with a route. */
const SETS = [...new Set(ROWS.map(({ keys }) => JSON.stringify(keys)))];
const named = (pattern: RegExp): readonly JwsCase[] => ROWS.filter(({ name }) => pattern.test(name));

const hs = signerNamed('HS256');
const north = signerOf('ES256', 'P-256');
const south = signerOf('ES256', 'P-256');
const OWN = SETS.length;
const PLAIN = { jwks: hs.jwk, audience: 'cases', issuer: 'https://idp' };
const app = tokensApp([
  ...SETS.map((keys) => ({ jwks: keys, audience: 'cases' })),
  PLAIN,
  {
    audience: 'cases',
    issuers: [
      { issuer: 'https://north', jwks: north.jwk },
      { issuer: 'https://south', jwks: { ...south.jwk, kid: north.jwk['kid'] } },
    ],
  },
  { jwks: hs.jwk, audience: 'cases', in: [{ query: 'access_token' }, { cookie: 'session' }] },
]);
const routeOf = (row: JwsCase): number => SETS.indexOf(JSON.stringify(row.keys));

describe.each(WAYS)('tokens, %s', (way) => {
  let upstream: EchoUpstream;
  let running: RunningGateway;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    upstream = await EchoUpstream.start();
    running = await startGateway(app, { way, environment: { UPSTREAM_URL: upstream.url } });
    session = connect(running.url);
  }, 60_000);

  beforeEach(() => {
    upstream.requests.length = 0;
  });

  afterAll(async () => {
    session.close();
    await running.close();
    await upstream.close();
  });

  /** The statuses over HTTP/1.1, over HTTP/2 and of a handshake. */
  async function statuses(
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<readonly [number, number, number]> {
    const one = await ask(running.url + path, { headers });
    const two = await askOn(session, path, { headers });
    if (one.status !== 200) {
      return [one.status, two.status, (await refusal(running.port, path, { headers })).status];
    }
    const { socket, response } = await openSocket(running.port, path, { headers });
    socket.terminate();
    return [one.status, two.status, response.statusCode ?? 0];
  }

  const withBearer = (token: string, path = `/tokens/${OWN}`) =>
    statuses(path, { Authorization: `Bearer ${token}` });

  const REFUSED = [401, 401, 401];
  const ACCEPTED = [200, 200, 101];

  async function unlike(rows: readonly JwsCase[]): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const row of rows) {
      const found = await withBearer(row.token, `/tokens/${routeOf(row)}`);
      if (String(found) !== String(row.valid ? ACCEPTED : REFUSED)) wrong.push(`${row.name}: ${found}`);
    }
    return wrong;
  }

  it.each([
    ['[46] without a signature, or with none for an algorithm', /none|without a signature/i, 20],
    ['[47] whose secret is a public key', /whose secret is the public key/, 80],
    ['[48] that bring their own key', /a stranger’s signature/, 8],
    ['[49] whose kid is made to find something', /^a kid /, 15],
    ['[50] with crit or b64', /crit|b64/, 9],
    ['[54] that are encrypted', /five parts/, 3],
  ])(
    '%s are refused',
    async (_, pattern, least) => {
      const rows = named(pattern).filter(({ valid }) => !valid);

      expect(rows.length).toBeGreaterThanOrEqual(least);
      expect(await unlike(rows)).toEqual([]);
      expect(upstream.requests).toEqual([]);
    },
    60_000,
  );

  it('are taken or refused as the whole table says', async () => {
    let connections = 0;
    stranger.on('connection', () => connections++);

    expect(await unlike(ROWS)).toEqual([]);
    expect(connections).toBe(0);
  }, 120_000);

  const now = Math.floor(Date.now() / 1_000);
  const ours: Json = { ...CLAIMS, iss: 'https://idp' };
  const { exp: _, ...endless } = ours;
  const raw = (text: string): string => `{"sub":"a","aud":"cases","iss":"https://idp",${text}}`;

  it.each([
    ['expired by a second', { ...ours, exp: now - 1 }],
    ['that expire now', { ...ours, exp: now }],
    ['without exp', endless],
    ['with exp as text', { ...ours, exp: '32503680000' }],
    ['with exp null', { ...ours, exp: null }],
    ['with exp true', { ...ours, exp: true }],
    ['with exp a list', { ...ours, exp: [32_503_680_000] }],
    ['with exp below zero', { ...ours, exp: -1 }],
    ['with exp 1e400', raw('"exp":1e400')],
    ['with exp NaN', raw('"exp":NaN')],
    ['with exp twice', raw('"exp":1,"exp":32503680000')],
    ['that count from tomorrow on', { ...ours, nbf: now + 86_400 }],
    ['with nbf as text', { ...ours, nbf: '0' }],
    ['with nbf 1e400', raw('"exp":32503680000,"nbf":1e400')],
    ['with nbf below zero', { ...ours, nbf: -1 }],
    ['with iat as text', { ...ours, iat: 'now' }],
    ['with iat 1e400', raw('"exp":32503680000,"iat":1e400')],
    ['of no issuer', CLAIMS],
    ['of an issuer with more behind its name', { ...ours, iss: 'https://idp.evil' }],
    ['of an issuer with a slash', { ...ours, iss: 'https://idp/' }],
    ['of an issuer in capitals', { ...ours, iss: 'https://IDP' }],
    ['of a list of issuers', { ...ours, iss: ['https://idp'] }],
    ['of an issuer that is null', { ...ours, iss: null }],
    ['for nobody', { ...ours, aud: undefined }],
    ['for another audience', { ...ours, aud: 'other' }],
    ['for an audience with more behind its name', { ...ours, aud: 'cases.evil' }],
    ['for a list of others', { ...ours, aud: ['other', 'case'] }],
    ['for an empty list', { ...ours, aud: [] }],
    ['for a list in a list', { ...ours, aud: [['cases']] }],
    ['for an object', { ...ours, aud: { cases: true } }],
    ['of a subject that is a number', { ...ours, sub: 1 }],
    ['of a subject that is a list', { ...ours, sub: ['root'] }],
    ['whose payload is a list', [ours]],
    ['whose payload is a text', '"claims"'],
    ['whose payload is null', 'null'],
    ['whose payload is no JSON', 'claims'],
  ])('[52] %s are refused', async (_, claims) => {
    expect(await withBearer(signed(hs, headerOf(hs), claims))).toEqual(REFUSED);
    expect(upstream.requests).toEqual([]);
  });

  it.each([
    ['for a list with us in it', { ...ours, aud: ['other', 'cases'] }],
    ['whose exp has a fraction', { ...ours, exp: now + 600.5 }],
    ['that count from now on', { ...ours, nbf: now, iat: now }],
  ])('[52] %s are taken', async (_, claims) => {
    expect(await withBearer(signed(hs, headerOf(hs), claims))).toEqual(ACCEPTED);
  });

  it('[51] are never taken for each other, on one connection either', async () => {
    const subjects = Array.from({ length: 200 }, (_, i) => `caller-${i % 100}`);
    const tokens = new Map(subjects.map((sub) => [sub, signed(hs, headerOf(hs), { ...ours, sub })]));

    for (const sub of subjects) {
      await askOn(session, `/tokens/${OWN}`, { headers: { Authorization: `Bearer ${tokens.get(sub)}` } });
    }
    const seen = (): readonly unknown[] =>
      running.lines().flatMap(({ subject }) => (String(subject).startsWith('caller-') ? [subject] : []));

    await expect.poll(seen).toHaveLength(subjects.length);
    expect(seen()).toEqual(subjects);
  });

  it('[55] that are huge are refused, and soon', async () => {
    const deep = signed(hs, headerOf(hs), `{"sub":${'['.repeat(1_000)}${']'.repeat(1_000)}}`);
    const wide = signed(hs, headerOf(hs), { ...ours, aud: 'other', filling: 'x'.repeat(10_000) });
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      for (const token of [deep, wide]) {
        const startedAt = performance.now();
        const { status } = await ask(`${running.url}/tokens/${OWN}`, {
          headers: { Authorization: `Bearer ${token}` },
        });
        took.push(performance.now() - startedAt);
        expect(status).toBe(401);
      }
    }

    const { status } = await ask(`${running.url}/tokens/${OWN}`, {
      headers: { Authorization: `Bearer ${encode('x'.repeat(48 * 1_024))}` },
    });

    expect(status).toBe(431);
    // Another process may take the processor in one try, hardly in each of them.
    expect(Math.min(...took)).toBeLessThan(5);
  });

  it('[59] of two issuers whose keys have one name are each judged by their own', async () => {
    const path = `/tokens/${OWN + 1}`;
    const by = (signer: typeof north, iss: unknown) =>
      withBearer(signed(signer, headerOf(north), { ...CLAIMS, iss }), path);

    expect(await by(north, 'https://north')).toEqual(ACCEPTED);
    expect(await by(south, 'https://south')).toEqual(ACCEPTED);
    expect(await by(north, 'https://south')).toEqual(REFUSED);
    expect(await by(south, 'https://north')).toEqual(REFUSED);
    expect(await by(north, 'https://north.evil')).toEqual(REFUSED);
    expect(await by(north, undefined)).toEqual(REFUSED);
  });

  describe('in a query parameter or a cookie', () => {
    const token = good(hs);
    const elsewhere = `/tokens/${OWN + 2}`;

    it('[60] are not looked at where nobody asked for it', async () => {
      const own = signed(hs, headerOf(hs), ours);

      expect(await statuses(`/tokens/${OWN}?access_token=${own}`, {})).toEqual(REFUSED);
      expect(await statuses(`/tokens/${OWN}`, { Cookie: `session=${own}` })).toEqual(REFUSED);
    });

    it('[60] are taken where they are configured, and neither logged nor forwarded', async () => {
      const found = [
        await statuses(`${elsewhere}?a=1&access_token=${token}&b=%20x`, {}),
        await statuses(`${elsewhere}?a=1&access%5Ftoken=${token}&b=%20x`, {}),
        await statuses(`${elsewhere}?a=1&b=%20x`, { Cookie: `theme=dark; session=${token}; lang=en` }),
        await statuses(`${elsewhere}?a=1&b=%20x`, { Authorization: `Bearer ${token}` }),
      ];

      expect(found).toEqual([ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED]);
      expect(new Set(upstream.requests.map(({ url }) => url))).toEqual(new Set([`${elsewhere}?a=1&b=%20x`]));
      const cookies = upstream.requests.map(({ headers }) => headers.cookie);
      expect(new Set(cookies)).toEqual(new Set([undefined, 'theme=dark; lang=en']));
      expect(JSON.stringify(running.lines())).not.toContain(token.split('.')[2]);
    });

    it('[60] take the whole field with them when it held nothing else', async () => {
      await ask(running.url + elsewhere, { headers: { Cookie: `session=${token}` } });
      await ask(`${running.url}${elsewhere}?access_token=${token}`);

      expect(upstream.requests.map(({ url, headers }) => [url, headers.cookie])).toEqual([
        [elsewhere, undefined],
        [elsewhere, undefined],
      ]);
    });

    it.each([
      ['a parameter and Authorization', `?access_token=${token}`, { Authorization: `Bearer ${token}` }],
      ['a cookie and Authorization', '', { Cookie: `session=${token}`, Authorization: `Bearer ${token}` }],
      ['a parameter and a cookie', `?access_token=${token}`, { Cookie: `session=${token}` }],
      ['a parameter twice', `?access_token=${token}&access_token=${token}`, {}],
      ['a parameter twice, once empty', `?access_token=${token}&access_token`, {}],
      ['a parameter twice, once escaped', `?access_token=${token}&access_toke%6e=x`, {}],
      ['a cookie twice', '', { Cookie: `session=${token}; session=x` }],
    ])('[60] are refused when there are two: %s', async (_, query, headers) => {
      const answer = await ask(running.url + elsewhere + query, {
        headers: headers as Record<string, string>,
      });

      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('error="invalid_request"');
      expect(await statuses(elsewhere + query, headers as Record<string, string>)).toEqual(REFUSED);
      expect(upstream.requests).toEqual([]);
    });

    it.each([
      ['empty', '?access_token=', {}],
      ['without a value', '?access_token', {}],
      ['no token', '?access_token=hello', {}],
      ['with a quote around it', '', { Cookie: `session="${token}"` }],
      ['of another name', `?Access_Token=${token}`, {}],
    ])('[60] are refused when they are %s', async (_, query, headers) => {
      expect(await statuses(elsewhere + query, headers as Record<string, string>)).toEqual(REFUSED);
    });
  });
});
