import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/contracts/clock.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { applyEdits, foldHeaderName } from '../../../../src/contracts/header-edit.js';
import { type Principal, principalOf } from '../../../../src/contracts/principal.js';
import type { ExternalAuthorizationOptions } from '../../../../src/policies/external-authorization/external-authorization.options.js';
import { ExternalAuthorizationPolicy } from '../../../../src/policies/external-authorization/external-authorization.policy.js';
import { CALLOUT_LIES, SENT } from '../../../support/callout.lies.js';
import { RecordingUpstream } from '../../../support/recording.upstream.js';
import { deadPort } from '../../../support/scripted.upstream.js';

const PATIENT = { volume: 1_000 };

class HandClock implements Clock {
  nowMs = 0;
  now = () => this.nowMs;
  monotonic = () => this.nowMs;
}

let server: RecordingUpstream;
let clock: HandClock;
let policy: ExternalAuthorizationPolicy;

beforeAll(async () => {
  server = await RecordingUpstream.start();
});

beforeEach(() => {
  clock = new HandClock();
  policy = new ExternalAuthorizationPolicy({}, clock);
  server.received.length = 0;
  server.respond = (_req, res) => res.writeHead(204).end();
});

afterEach(() => {
  policy.onApplicationShutdown();
});

afterAll(async () => {
  await server.close();
});

interface Request {
  readonly headers?: readonly string[];
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly principal?: Principal;
}

function exchangeOf({
  headers = [],
  method = 'GET',
  path = '/a',
  query = '',
  principal,
}: Request = {}): Exchange {
  const req = { rawHeaders: headers, headers: {} } as unknown as IncomingMessage;
  const res = {} as ServerResponse;
  const exchange = new Exchange(req, res, method, path, query, '203.0.113.9', 'id-1', 0, undefined);
  exchange.call = new ForwardCall(exchange, method, path, query, undefined);
  exchange.principal = principal;
  return exchange;
}

/** The headers for the upstream of a request that passes, else the error. */
async function outcomeOf(
  options: Omit<ExternalAuthorizationOptions, 'url'> & { readonly url?: string } = {},
  exchange: Exchange = exchangeOf(),
): Promise<readonly string[] | GatewayError> {
  const { before } = policy.compile({ url: `${server.url}/check`, breaker: PATIENT, ...options });
  try {
    await before?.(exchange);
    return applyEdits(exchange.req.rawHeaders, exchange.call?.headerEdits ?? [], foldHeaderName);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

const UNAVAILABLE = { code: 'identity-unavailable', status: 503, policy: 'external-authorization' };

describe('the question', () => {
  it('shows the method and the path, and of the rest what was chosen', async () => {
    const headers = [
      'Authorization',
      'Bearer x',
      'Cookie',
      'a=1',
      'X-Tenant',
      'north',
      'Content-Length',
      '9',
    ];
    await outcomeOf({}, exchangeOf({ method: 'POST', path: '/a%20b', query: '?q=1', headers }));

    const { method, url, headers: seen, body } = server.last;
    expect([method, url, body.length]).toEqual(['GET', '/check', 0]);
    expect(seen).toMatchObject({
      'x-forwarded-method': 'POST',
      'x-forwarded-uri': '/a%20b',
      'x-correlation-id': 'id-1',
    });
    for (const name of ['authorization', 'cookie', 'x-tenant', 'content-length', 'x-forwarded-for']) {
      expect(seen[name]).toBeUndefined();
    }
  });

  it('shows chosen headers, the query and the address where they are asked for', async () => {
    const headers = [
      'authorization',
      'Bearer x',
      'Cookie',
      'a=1',
      'cookie',
      'b=2',
      'X-TENANT',
      'n',
      'x-tenant',
      's',
    ];
    await outcomeOf(
      {
        forwardHeaders: ['Authorization', 'Cookie', 'X-Tenant', 'X-Absent'],
        query: true,
        clientAddress: true,
      },
      exchangeOf({ query: '?q=1', headers }),
    );

    expect(server.last.headers).toMatchObject({
      authorization: 'Bearer x',
      cookie: 'a=1; b=2',
      'x-tenant': 'n, s',
      'x-forwarded-uri': '/a?q=1',
      'x-forwarded-for': '203.0.113.9',
    });
    expect(server.last.headers['x-absent']).toBeUndefined();
  });

  it.each([
    ['alice', 'alice'],
    ['auth0|a@b.example', 'auth0|a@b.example'],
    ['a b', 'a%20b'],
    ['a%20b', 'a%2520b'],
    ['zoë\r\nX-Admin: 1', 'zo%C3%AB%0D%0AX-Admin:%201'],
    ['😀', '%F0%9F%98%80'],
    ['\ud800', '%uD800'],
  ])('names the subject %j as %s', async (subject, shown) => {
    const consumer = {
      id: 'app 1',
      name: undefined,
      customId: undefined,
      plan: undefined,
      groups: new Set<string>(),
    };
    await outcomeOf({}, exchangeOf({ principal: principalOf({ method: 'jwt', subject, consumer }) }));

    expect(server.last.headers).toMatchObject({
      'x-authenticated-subject': shown,
      'x-consumer-id': 'app%201',
    });
  });

  it('shows nothing that the upstream would not see: what the client’s Connection names', async () => {
    const headers = ['X-Tenant', 'north', 'Connection', 'close, x-tenant'];
    await outcomeOf({ forwardHeaders: ['X-Tenant'] }, exchangeOf({ headers }));

    expect(server.last.headers['x-tenant']).toBeUndefined();
  });

  it('is not put with two Authorization headers, or more than servers take', async () => {
    const twice = exchangeOf({ headers: ['Authorization', 'Bearer a', 'authorization', 'Bearer b'] });
    const large = exchangeOf({ headers: ['Cookie', 'a'.repeat(9_000)] });

    expect(await outcomeOf({ forwardHeaders: ['Authorization'] }, twice)).toMatchObject({
      code: 'bad-request',
    });
    expect(await outcomeOf({ forwardHeaders: ['Cookie'] }, large)).toMatchObject({
      code: 'headers-too-large',
    });
    expect(server.received).toHaveLength(0);
  });
});

describe('the verdict', () => {
  it.each([200, 201, 204, 299])('%i lets through', async (status) => {
    server.respond = (_req, res) => res.writeHead(status).end();

    expect(await outcomeOf()).toEqual([]);
  });

  it('403 refuses', async () => {
    server.respond = (_req, res) => res.writeHead(403).end('because of a secret');

    const error = await outcomeOf();
    expect(error).toMatchObject({
      code: 'forbidden',
      reason: 'external-denied',
      policy: 'external-authorization',
    });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it.each([
    ['Basic realm="shop"', 'Basic realm="shop"'],
    [undefined, 'Bearer'],
    ['x'.repeat(2_000), 'Bearer'],
  ])('401 refuses, with its challenge: %s', async (given, challenge) => {
    server.respond = (_req, res) =>
      res.writeHead(401, given === undefined ? {} : { 'WWW-Authenticate': given }).end();

    expect(await outcomeOf()).toMatchObject({
      code: 'unauthenticated',
      reason: 'external-denied',
      headers: ['WWW-Authenticate', challenge],
    });
  });

  it.each([301, 302, 307, 400, 404, 407, 418, 429, 431, 500, 502, 503])(
    '%i decides nothing',
    async (status) => {
      server.respond = (_req, res) => res.writeHead(status, { Location: '/elsewhere' }).end();

      expect(await outcomeOf()).toMatchObject(UNAVAILABLE);
      expect(server.received).toHaveLength(1);
    },
  );

  it.each(Object.entries(CALLOUT_LIES).filter(([name]) => !name.startsWith('a 500')))(
    'is none: %s',
    async (_, lie) => {
      SENT.bytes = 0;
      server.respond = lie;

      expect(await outcomeOf({ timeoutMs: 300 })).toMatchObject(UNAVAILABLE);
      expect(SENT.bytes).toBeLessThan(64 << 20);
    },
  );

  it('is none of a server that is not there', async () => {
    expect(await outcomeOf({ url: `http://127.0.0.1:${await deadPort()}` })).toMatchObject(UNAVAILABLE);
  });
});

describe('headers for the upstream', () => {
  const upstreamHeaders = ['X-User', 'X-Role'];

  it('are the answer’s, in place of any the client sent, in whatever spelling', async () => {
    server.respond = (_req, res) => res.writeHead(200, { 'X-User': 'alice', 'X-Other': 'no' }).end();
    const headers = [
      'X-USER',
      'root',
      'x_user',
      'root',
      'X-Role',
      'admin',
      'x_role',
      'admin',
      'X-Other',
      'kept',
    ];

    expect(await outcomeOf({ upstreamHeaders }, exchangeOf({ headers }))).toEqual([
      'X-Other',
      'kept',
      'x-user',
      'alice',
    ]);
  });

  it('replace the same header that was shown', async () => {
    server.respond = ({ headers }, res) => {
      res.writeHead(200, { Authorization: `Internal ${headers.authorization}` }).end();
    };
    const options = { forwardHeaders: ['Authorization'], upstreamHeaders: ['Authorization'] };

    expect(await outcomeOf(options, exchangeOf({ headers: ['Authorization', 'Bearer x'] }))).toEqual([
      'authorization',
      'Internal Bearer x',
    ]);
  });

  it('that were shown have no twins on the way on', async () => {
    const headers = ['X-Tenant', 'north', 'X_Tenant', 'south'];

    expect(await outcomeOf({ forwardHeaders: ['X-Tenant'] }, exchangeOf({ headers }))).toEqual([
      'X-Tenant',
      'north',
    ]);
  });

  it('beyond 4 KiB are no verdict', async () => {
    server.respond = (_req, res) => res.writeHead(200, { 'X-User': 'a'.repeat(5_000) }).end();

    expect(await outcomeOf({ upstreamHeaders })).toMatchObject(UNAVAILABLE);
  });

  it('stand in the request’s own headers where it is not forwarded', async () => {
    server.respond = (_req, res) => res.writeHead(200, { 'X-User': 'alice' }).end();
    const exchange = exchangeOf({ headers: ['X-User', 'root', 'X-Role', 'admin'] });
    exchange.call = undefined;
    Object.assign(exchange.req.headers, { 'x-user': 'root', 'x-role': 'admin' });

    await outcomeOf({ upstreamHeaders }, exchange);

    expect(exchange.req.headers).toEqual({ 'x-user': 'alice' });
  });
});

describe('what is remembered', () => {
  it('is nothing unless it is asked for', async () => {
    for (let i = 0; i < 3; i++) await outcomeOf();

    expect(server.received).toHaveLength(3);
  });

  it.each([204, 401, 403])('is the verdict %i, for requests that show the same', async (status) => {
    server.respond = (_req, res) => res.writeHead(status).end();
    const options = { cacheMs: 1_000, forwardHeaders: ['X-Tenant'] };
    const from = (tenant: string, path = '/a') =>
      exchangeOf({ path, headers: ['X-Tenant', tenant, 'X-Other', path] });

    await outcomeOf(options, from('north'));
    await outcomeOf(options, from('north'));
    expect(server.received).toHaveLength(1);
    await outcomeOf(options, from('south'));
    await outcomeOf(options, from('north', '/b'));
    expect(server.received).toHaveLength(3);
    clock.nowMs += 1_000;
    await outcomeOf(options, from('north'));
    expect(server.received).toHaveLength(4);
  });

  it('is nothing that forbids it, and nothing that decides nothing', async () => {
    server.respond = (_req, res) => res.writeHead(204, { 'Cache-Control': 'private, No-Store' }).end();
    for (let i = 0; i < 2; i++) await outcomeOf({ cacheMs: 1_000 });
    server.respond = (_req, res) => res.writeHead(500).end();
    for (let i = 0; i < 2; i++) await outcomeOf({ cacheMs: 1_000 });

    expect(server.received).toHaveLength(4);
  });

  it('never mixes two questions whose parts run together', async () => {
    const options = { cacheMs: 1_000, forwardHeaders: ['X-A', 'X-B'] };

    await outcomeOf(options, exchangeOf({ headers: ['X-A', '1', 'X-B', '2'] }));
    await outcomeOf(options, exchangeOf({ headers: ['X-A', '1","x-b":"2'] }));
    await outcomeOf(options, exchangeOf({ headers: ['X-A', '12'] }));

    expect(server.received).toHaveLength(3);
  });

  it('is asked once for all who wait', async () => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcomeOf()));

    expect(outcomes.every(Array.isArray)).toBe(true);
    expect(server.received).toHaveLength(1);
  });
});

describe('while the server is down', () => {
  const failing = { breaker: { volume: 3, resetMs: 60_000 } };
  const asksOf = async (options: object, count: number) => {
    const outcomes: unknown[] = [];
    for (let i = 0; i < count; i++) outcomes.push(await outcomeOf(options, exchangeOf({ path: `/${i}` })));
    return outcomes;
  };

  it('nobody passes, and it is not asked for a while', async () => {
    server.respond = (_req, res) => res.writeHead(500).end();
    const outcomes = await asksOf(failing, 5);

    expect(server.received).toHaveLength(3);
    for (const outcome of outcomes) expect(outcome).toMatchObject(UNAVAILABLE);
    expect(outcomes[4]).toMatchObject({ headers: ['Retry-After', '60'] });
  });

  it('no client can have it called down by questions that it refuses', async () => {
    server.respond = (_req, res) => res.writeHead(400).end();
    await asksOf(failing, 10);

    expect(server.received).toHaveLength(10);
  });

  it('with failOpen all pass, without the headers that it would have given', async () => {
    const options = { ...failing, failOpen: 'the pages are public', upstreamHeaders: ['X-User'] };
    server.respond = (_req, res) => res.writeHead(500).end();
    await asksOf(options, 5);

    const headers = ['X-User', 'root', 'x_user', 'root', 'X-Other', '1'];
    expect(await outcomeOf(options, exchangeOf({ headers }))).toEqual(['X-Other', '1']);
    expect(server.received).toHaveLength(3);
  });

  it('failOpen does not let anybody in who is refused, or whose own question is', async () => {
    const options = { failOpen: 'the pages are public', forwardHeaders: ['Cookie'] };
    server.respond = (_req, res) => res.writeHead(403).end();
    expect(await outcomeOf(options)).toMatchObject({ code: 'forbidden' });
    server.respond = (_req, res) => res.writeHead(431).end();
    expect(await outcomeOf(options)).toMatchObject(UNAVAILABLE);
    const large = exchangeOf({ headers: ['Cookie', 'a'.repeat(9_000)] });
    expect(await outcomeOf(options, large)).toMatchObject({ code: 'headers-too-large' });
  });
});

describe('a declaration', () => {
  const url = 'https://authz.example.com/check';
  const env = { variable: 'AUTHZ_URL', fallback: undefined };

  it.each<[object, string]>([
    [{}, 'url is missing; must be the address of the server to ask.'],
    [{ url: 'authz' }, 'url is no URL; must be an absolute one.'],
    [{ url: 'ftp://authz' }, 'url must begin with https:// or http://.'],
    [{ url: env }, 'url is not set; set AUTHZ_URL.'],
    [{ url, timeout: 1 }, 'timeout is not an option; did you mean timeoutMs?'],
    [{ url, timeoutMs: 0 }, 'timeoutMs is 0; must be a whole number, 1–60000.'],
    [{ url, failOpen: true }, 'failOpen is true; must be the reason why requests may pass.'],
    [{ url, failOpen: ' ' }, 'failOpen is " "; must be the reason why requests may pass.'],
    [{ url, forwardHeaders: 'Cookie' }, 'forwardHeaders is "Cookie"; must be a list of header names.'],
    [{ url, forwardHeaders: ['a b'] }, 'forwardHeaders: "a b" is no header name, or frames the message.'],
    [
      { url, forwardHeaders: ['Connection'] },
      'forwardHeaders: "Connection" is no header name, or frames the message.',
    ],
    [{ url, forwardHeaders: ['Host'] }, 'forwardHeaders: "Host" is believed from no client.'],
    [
      { url, forwardHeaders: ['X-Consumer-ID'] },
      'forwardHeaders: "X-Consumer-ID" is believed from no client.',
    ],
    [{ url, forwardHeaders: ['X-A', 'x_a'] }, 'forwardHeaders: "x_a" stands twice.'],
    [{ url, upstreamHeaders: ['Via'] }, 'upstreamHeaders: "Via" is written by the gateway itself.'],
    [{ url, breaker: { volume: 0 } }, 'breaker.volume is 0; must be a whole number, 1–1000000.'],
  ])('is refused: %j', (options, problem) => {
    expect(policy.check(options as ExternalAuthorizationOptions)).toEqual([problem]);
  });

  it('is described for the boot table, with the reason it is open for', () => {
    const set = new ExternalAuthorizationPolicy({ AUTHZ_URL: url }, clock);

    expect(set.check({ url: env })).toEqual([]);
    expect(set.stage()).toBe('authorization');
    expect(set.describe({ url: env })).toBe('asks authz.example.com');
    expect(set.describe({ url, cacheMs: 5_000, failOpen: 'public anyway' })).toBe(
      'asks authz.example.com, remembered 5000ms, open while it is down: public anyway',
    );
  });

  it('shares what is remembered with its equals', async () => {
    await outcomeOf({ cacheMs: 1_000, query: false });
    await outcomeOf({ query: false, cacheMs: 1_000 });
    await outcomeOf({ cacheMs: 1_001 });

    expect(server.received).toHaveLength(2);
  });
});
