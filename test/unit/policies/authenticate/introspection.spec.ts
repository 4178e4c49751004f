import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { Consumer, Principal } from '../../../../src/contracts/principal.js';
import { AnyOfMethod } from '../../../../src/policies/authenticate/combined/any-of.method.js';
import { ConsumerDirectory } from '../../../../src/policies/authenticate/consumers/consumer.directory.js';
import { ConsumerList } from '../../../../src/policies/authenticate/consumers/consumer.list.js';
import { IntrospectionFactory } from '../../../../src/policies/authenticate/introspection/introspection.factory.js';
import type { IntrospectionOptions } from '../../../../src/policies/authenticate/introspection/introspection.options.js';
import { Refusal } from '../../../../src/policies/authenticate/refusal.js';
import { CALLOUT_LIES, SENT } from '../../../support/callout.lies.js';
import { RecordingUpstream } from '../../../support/recording.upstream.js';
import { deadPort } from '../../../support/scripted.upstream.js';
import { bearer, exchangeWith, FakeClock, methodFor, NOW_SECONDS, withClaims } from './test-tokens.js';

const CLIENT = { clientId: 'the gateway', clientSecret: 'pass:wörd' };
/** So that no test opens it by accident. */
const PATIENT = { volume: 1_000 };

let server: RecordingUpstream;
let clock: FakeClock;
let consumers: ConsumerDirectory;
let factory: IntrospectionFactory;
/** What the server says of each token; of all others that they are not active. */
let known: Record<string, unknown>;

beforeAll(async () => {
  server = await RecordingUpstream.start();
});

beforeEach(() => {
  clock = new FakeClock();
  consumers = new ConsumerDirectory();
  factory = new IntrospectionFactory(consumers, undefined, clock);
  known = { good: { active: true, sub: 'user-1', scope: 'a b', client_id: 'app-1', exp: NOW_SECONDS + 600 } };
  server.received.length = 0;
  server.respond = (req, res) => {
    const token = new URLSearchParams(req.body.toString()).get('token') ?? '';
    res.setHeader('Content-Type', 'application/json;charset=UTF-8');
    res.end(JSON.stringify(known[token] ?? { active: false }));
  };
});

afterEach(() => {
  factory.onApplicationShutdown();
});

afterAll(async () => {
  await server.close();
});

const methodWith = (options: IntrospectionOptions = {}) =>
  factory.create({ url: `${server.url}/introspect`, ...CLIENT, breaker: PATIENT, ...options });

type Told = Principal | string;

/** The principal, the sentence of the refusal, or the code of the error. */
async function outcomeOf(method: ReturnType<typeof methodWith>, exchange: Exchange): Promise<Told> {
  try {
    const outcome = await method.authenticate(exchange);
    return outcome instanceof Refusal ? outcome.detail : outcome;
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
}

const UNAVAILABLE = 'identity-unavailable';

describe('the question', () => {
  it('is a form with the token, posted by the gateway as a client', async () => {
    await outcomeOf(methodWith(), bearer('good'));

    const { method, url, headers, body } = server.last;
    expect([method, url]).toEqual(['POST', '/introspect']);
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(body.toString()).toBe('token=good&token_type_hint=access_token');
    // RFC 6749, section 2.3.1: encoded as in a form first.
    expect(Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe(
      'the+gateway:pass%3Aw%C3%B6rd',
    );
  });

  it.each([
    [undefined, 'A bearer token is required.'],
    ['Basic Zm9vOmJhcg==', 'A bearer token is required.'],
    ['Bearer', 'The token is malformed.'],
    ['Bearer a b', 'The token is malformed.'],
    ['Bearer a,b', 'The token is malformed.'],
    ['Bearer =a', 'The token is malformed.'],
    ['Bearer é', 'The token is malformed.'],
    ['Bearer a"', 'The token is malformed.'],
  ])('is not put for Authorization: %s', async (credentials, detail) => {
    const headers = credentials === undefined ? [] : ['Authorization', credentials];

    expect(await outcomeOf(methodWith(), exchangeWith(headers))).toBe(detail);
    expect(server.received).toHaveLength(0);
  });

  it('is not put when the header came twice', async () => {
    const twice = exchangeWith(['Authorization', 'Bearer good', 'authorization', 'Bearer good']);

    expect(await outcomeOf(methodWith(), twice)).toBe('The Authorization header was sent more than once.');
    expect(server.received).toHaveLength(0);
  });
});

describe('an active token', () => {
  it('names the subject, the scopes, the claims and the client', async () => {
    expect(await outcomeOf(methodWith(), bearer('good'))).toEqual({
      subject: 'user-1',
      scopes: new Set(['a', 'b']),
      claims: known['good'],
      method: 'introspection',
      consumer: undefined,
      credential: 'app-1',
    });
  });

  it('belongs to the consumer that its client is, as the list has it now', async () => {
    const method = methodWith();
    const consumer = (plan: string): Consumer => ({
      id: 'app-1',
      name: undefined,
      customId: undefined,
      plan,
      groups: new Set(['partners']),
    });
    const listed = (plan: string) =>
      new ConsumerList([{ consumer: consumer(plan), apiKeys: [], passwords: [], certificates: [] }]);

    consumers.replace(listed('gold'));
    expect(await outcomeOf(method, bearer('good'))).toMatchObject({ consumer: { plan: 'gold' } });
    consumers.replace(listed('silver'));
    expect(await outcomeOf(method, bearer('good'))).toMatchObject({ consumer: { plan: 'silver' } });
    expect(server.received).toHaveLength(1);
  });

  it.each<[string, object, IntrospectionOptions, Told]>([
    ['is over', { exp: NOW_SECONDS }, {}, 'The token has expired.'],
    ['is over, within the skew', { exp: NOW_SECONDS - 9 }, { clockSkewSeconds: 10 }, 'user-1'],
    ['has not begun', { nbf: NOW_SECONDS + 1 }, {}, 'The token is not valid yet.'],
    ['begins now', { nbf: NOW_SECONDS }, {}, 'user-1'],
    ['has no end', { exp: undefined }, {}, 'user-1'],
    [
      'is of another issuer',
      { iss: 'https://b' },
      { issuer: 'https://a' },
      'The token issuer is not accepted.',
    ],
    ['is of no issuer', {}, { issuer: 'https://a' }, 'The token issuer is not accepted.'],
    ['is of the issuer', { iss: 'https://a' }, { issuer: 'https://a' }, 'user-1'],
    ['is for others', { aud: ['x'] }, { audience: 'a' }, 'The token is meant for another audience.'],
    ['is for nobody', {}, { audience: 'a' }, 'The token is meant for another audience.'],
    ['is for us too', { aud: ['x', 'b'] }, { audience: ['a', 'b'] }, 'user-1'],
    ['is for us alone', { aud: 'a' }, { audience: 'a' }, 'user-1'],
    ['is a bearer token', { token_type: 'bearer' }, {}, 'user-1'],
    ['is bound to a key', { cnf: { jkt: 'x' } }, {}, 'The token is not a bearer token for access.'],
    ['is of another type', { token_type: 'DPoP' }, {}, 'The token is not a bearer token for access.'],
    ['is for refreshing', { token_use: 'refresh_token' }, {}, 'The token is not a bearer token for access.'],
    ['ends in a text', { exp: '9999999999' }, {}, 'The token could not be understood.'],
    ['ends nowhere', { exp: -1 }, {}, 'The token could not be understood.'],
    ['names a list', { sub: ['user-1'] }, {}, 'The token could not be understood.'],
    ['has scopes in a list', { scope: ['a'] }, {}, 'The token could not be understood.'],
  ])('that %s: %j with %j ends in %s', async (_, claims, options, told) => {
    known['token'] = { active: true, sub: 'user-1', exp: NOW_SECONDS + 600, ...claims };

    const outcome = await outcomeOf(methodWith(options), bearer('token'));

    expect(typeof outcome === 'string' ? outcome : outcome.subject).toBe(told);
  });
});

describe('challenges', () => {
  const challengeOf = async (options: IntrospectionOptions, exchange: Exchange) =>
    ((await methodWith(options).authenticate(exchange)) as Refusal).challenges;

  it('are those of RFC 6750', async () => {
    expect(await challengeOf({}, exchangeWith([]))).toEqual(['Bearer']);
    expect(await challengeOf({ realm: 'shop' }, exchangeWith([]))).toEqual(['Bearer realm="shop"']);
    expect(await challengeOf({ realm: 'shop' }, bearer('bad'))).toEqual([
      'Bearer realm="shop", error="invalid_token", error_description="The token is not active."',
    ]);
  });
});

describe('what is remembered', () => {
  it('is asked once within its time', async () => {
    const method = methodWith({ cacheMs: 10_000 });

    for (let i = 0; i < 3; i++) await outcomeOf(method, bearer('good'));
    expect(server.received).toHaveLength(1);
    clock.nowMs += 9_999;
    await outcomeOf(method, bearer('good'));
    expect(server.received).toHaveLength(1);
    clock.nowMs += 1;
    await outcomeOf(method, bearer('good'));
    expect(server.received).toHaveLength(2);
  });

  it('answers without a promise', async () => {
    const method = methodWith();
    await outcomeOf(method, bearer('good'));

    expect(method.authenticate(bearer('good'))).toMatchObject({ subject: 'user-1' });
  });

  it('ends with the token, however long it might be remembered', async () => {
    const method = methodWith({ cacheMs: 3_600_000 });
    await outcomeOf(method, bearer('good'));
    clock.nowMs += 600_000;

    expect(await outcomeOf(method, bearer('good'))).toBe('The token has expired.');
  });

  it('is a refusal for a short time only', async () => {
    const method = methodWith();
    expect(await outcomeOf(method, bearer('new'))).toBe('The token is not active.');
    known['new'] = known['good'];

    expect(await outcomeOf(method, bearer('new'))).toBe('The token is not active.');
    clock.nowMs += 5_000;
    expect(await outcomeOf(method, bearer('new'))).toMatchObject({ subject: 'user-1' });
    expect(server.received).toHaveLength(2);
  });

  it('is nothing with both times 0', async () => {
    const method = methodWith({ cacheMs: 0, refusedCacheMs: 0 });
    for (const token of ['good', 'good', 'bad', 'bad']) await outcomeOf(method, bearer(token));

    expect(server.received).toHaveLength(4);
  });

  it('is asked once for all who wait', async () => {
    const method = methodWith();

    const outcomes = await Promise.all(Array.from({ length: 200 }, () => outcomeOf(method, bearer('good'))));

    expect(server.received).toHaveLength(1);
    expect(new Set(outcomes).size).toBe(1);
  });

  it('of active tokens outlives a flood of others', async () => {
    const method = methodWith({ cacheMs: 3_600_000, refusedCacheMs: 60_000 });
    await outcomeOf(method, bearer('good'));
    for (let batch = 0; batch < 60; batch++) {
      await Promise.all(
        Array.from({ length: 200 }, (_, i) => outcomeOf(method, bearer(`bad-${batch}-${i}`))),
      );
    }
    const asked = server.received.length;

    expect(await outcomeOf(method, bearer('good'))).toMatchObject({ subject: 'user-1' });
    expect(server.received).toHaveLength(asked);
    expect(asked).toBe(12_001);
  });
});

describe('an answer that is none', () => {
  const bodies: Record<string, string> = {
    'true as a text': '{"active":"true"}',
    'true as a number': '{"active":1}',
    'nothing of active': '{"sub":"user-1"}',
    'active twice': '{"active":false,"active":true}',
    'active twice, once escaped': '{"active":false,"\\u0061ctive":true}',
    'a list': '[{"active":true}]',
    'no JSON': 'active=true',
    'an empty body': '',
    'objects in objects without end': `{"active":true,"a":${'{"a":'.repeat(50)}1${'}'.repeat(50)}}`,
    'bytes that are no UTF-8': Buffer.from('{"active":true,"sub":"\xff"}', 'latin1').toString('latin1'),
  };

  it.each(Object.entries(bodies))('lets nobody in: %s', async (name, body) => {
    server.respond = (_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end(Buffer.from(body, name.includes('UTF-8') ? 'latin1' : 'utf8'));
    };

    expect(await outcomeOf(methodWith(), bearer('good'))).toBe(UNAVAILABLE);
  });

  it.each(['text/html', 'text/plain', 'application/token-introspection+jwt', ''])(
    'lets nobody in: the type %j',
    async (type) => {
      server.respond = (_req, res) => {
        if (type !== '') res.setHeader('Content-Type', type);
        res.end('{"active":true}');
      };

      expect(await outcomeOf(methodWith(), bearer('good'))).toBe(UNAVAILABLE);
    },
  );

  it.each(Object.entries(CALLOUT_LIES))('lets nobody in: %s', async (_, lie) => {
    SENT.bytes = 0;
    server.respond = lie;

    expect(await outcomeOf(methodWith({ timeoutMs: 300 }), bearer('good'))).toBe(UNAVAILABLE);
    expect(server.received).toHaveLength(1);
    // What the kernel holds of it, and not the gibibyte.
    expect(SENT.bytes).toBeLessThan(64 << 20);
  });

  it('lets nobody in: a server that is not there', async () => {
    const method = methodWith({ url: `http://127.0.0.1:${await deadPort()}` });

    expect(await outcomeOf(method, bearer('good'))).toBe(UNAVAILABLE);
  });

  it('lets nobody in: the gateway itself is refused', async () => {
    server.respond = (_req, res) => res.writeHead(401).end();

    expect(await outcomeOf(methodWith(), bearer('good'))).toBe(UNAVAILABLE);
  });

  it('is not remembered', async () => {
    const method = methodWith();
    const answers = server.respond;
    server.respond = (_req, res) => res.writeHead(500).end();
    await outcomeOf(method, bearer('good'));
    server.respond = answers;

    expect(await outcomeOf(method, bearer('good'))).toMatchObject({ subject: 'user-1' });
  });
});

describe('while the server is down', () => {
  it('tokens that are remembered go on to their end, and no other is let in', async () => {
    const method = methodWith({ cacheMs: 10_000 });
    await outcomeOf(method, bearer('good'));
    server.respond = (_req, res) => res.writeHead(503).end();

    expect(await outcomeOf(method, bearer('good'))).toMatchObject({ subject: 'user-1' });
    expect(await outcomeOf(method, bearer('other'))).toBe(UNAVAILABLE);
    clock.nowMs += 10_000;
    expect(await outcomeOf(method, bearer('good'))).toBe(UNAVAILABLE);
  });

  it('it is not asked for a while, and callers are told for how long', async () => {
    const method = methodWith({ breaker: { volume: 3, resetMs: 60_000 } });
    server.respond = (_req, res) => res.writeHead(503).end();
    for (let i = 0; i < 5; i++) await outcomeOf(method, bearer(`token-${i}`));

    expect(server.received).toHaveLength(3);
    await expect(method.authenticate(bearer('more'))).rejects.toMatchObject({
      code: UNAVAILABLE,
      status: 503,
      policy: 'authenticate',
      headers: ['Retry-After', '60'],
    });
  });

  it('tokens that are not active do not count against it', async () => {
    const method = methodWith({ breaker: { volume: 3 } });
    for (let i = 0; i < 20; i++) await outcomeOf(method, bearer(`bad-${i}`));

    expect(await outcomeOf(method, bearer('good'))).toMatchObject({ subject: 'user-1' });
  });

  it('only so many questions are under way', async () => {
    const method = methodWith({ timeoutMs: 1_000 });
    const held: (() => void)[] = [];
    server.respond = (_req, res) => {
      held.push(() => res.setHeader('Content-Type', 'application/json').end('{"active":false}'));
      if (held.length === 256) for (const release of held) release();
    };

    const outcomes = await Promise.all(
      Array.from({ length: 300 }, (_, i) => outcomeOf(method, bearer(`token-${i}`))),
    );

    expect(outcomes.filter((outcome) => outcome === UNAVAILABLE)).toHaveLength(44);
    expect(server.received).toHaveLength(256);
  });
});

describe('beside jwt()', () => {
  it('decides about opaque tokens and leaves signed ones to it', async () => {
    const method = new AnyOfMethod([methodFor(undefined, clock), methodWith({ tokens: 'opaque' })]);
    const signed = withClaims({});

    expect(await outcomeOf(method, bearer(signed))).toMatchObject({
      method: 'jwt',
      subject: 'user-1',
    });
    expect(await outcomeOf(method, bearer('good'))).toMatchObject({ method: 'introspection' });
    expect(await outcomeOf(method, bearer(`${signed.slice(0, -4)}AAAA`))).toBe(
      'The token signature does not verify.',
    );
    expect(server.received).toHaveLength(1);
  });

  it('has both challenges on a refusal, and is a 503 when only the server could tell', async () => {
    const method = new AnyOfMethod([methodFor(undefined, clock), methodWith()]);

    const refusal = (await method.authenticate(bearer('bad'))) as Refusal;
    expect(refusal.challenges).toHaveLength(2);
    server.respond = (_req, res) => res.writeHead(500).end();
    expect(await outcomeOf(method, bearer('other'))).toBe(UNAVAILABLE);
    expect(await outcomeOf(method, exchangeWith([]))).toBe('A bearer token is required.');
  });
});

describe('a declaration', () => {
  const url = 'https://auth.example.com/introspect';

  it.each<[IntrospectionOptions, string]>([
    [
      {},
      'no introspection endpoint is configured; set INTROSPECTION_URL, INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET, or write introspection({ url, clientId, clientSecret }).',
    ],
    [{ url }, 'introspection.url is given without clientId and clientSecret; name all three or none.'],
    [
      { clientSecret: 'x' },
      'introspection has "clientSecret" without url; name url, clientId and clientSecret, or none.',
    ],
    [
      { url: 'http://auth.example.com', ...CLIENT },
      'introspection.url sends secrets without TLS; must be https:// (http:// only for a loopback host).',
    ],
    [{ url: 'auth', ...CLIENT }, 'introspection.url is no URL; must be an absolute one.'],
    [
      { url: 'https://me:secret@auth.example.com', ...CLIENT },
      'introspection.url holds credentials; they have options of their own.',
    ],
    [
      { url, ...CLIENT, cacheMS: 1 } as IntrospectionOptions,
      'introspection.cacheMS is not an option; did you mean introspection.cacheMs?',
    ],
    [{ url, ...CLIENT, cacheMs: -1 }, 'introspection.cacheMs is -1; must be a whole number, 0–3600000.'],
    [{ url, ...CLIENT, tokens: 'jwt' as 'any' }, 'introspection.tokens is "jwt"; must be "any" or "opaque".'],
    [
      { url, ...CLIENT, breaker: { errorPercent: 0 } },
      'introspection.breaker.errorPercent is 0; must be 1–100.',
    ],
    [
      { url, ...CLIENT, breaker: { failureStatuses: [500] } as object },
      'introspection.breaker.failureStatuses is not an option here: every answer of no use is a failure.',
    ],
  ])('is refused: %j', (options, problem) => {
    expect(factory.check(options)).toEqual([problem]);
  });

  it('takes the server from the settings, or one of its own, and equal ones share a method', () => {
    const settings = { url, clientId: 'gateway', clientSecret: 'x' };
    const configured = new IntrospectionFactory(consumers, settings, clock);

    expect(configured.check({})).toEqual([]);
    expect(configured.create({})).toBe(configured.create({}));
    expect(configured.create({ cacheMs: 1, audience: 'a' })).toBe(
      configured.create({ audience: 'a', cacheMs: 1 }),
    );
    expect(configured.create({ audience: 'b' })).not.toBe(configured.create({}));
    expect(configured.describe({ audience: ['a', 'b'], tokens: 'opaque' })).toBe(
      'introspection at auth.example.com for a or b, opaque tokens only',
    );
    configured.onApplicationShutdown();
  });

  it('uses a new password from the next question on', async () => {
    const settings = { url: server.url, clientId: 'gateway', clientSecret: 'old' };
    const configured = new IntrospectionFactory(consumers, settings, clock);
    const method = configured.create({ cacheMs: 0 });
    await outcomeOf(method, bearer('good'));
    const before = server.last.headers.authorization;

    configured.changeSettings({ ...settings, clientSecret: 'new' });
    await outcomeOf(method, bearer('good'));

    expect(before).toBe(`Basic ${Buffer.from('gateway:old').toString('base64')}`);
    expect(server.last.headers.authorization).toBe(`Basic ${Buffer.from('gateway:new').toString('base64')}`);
    configured.onApplicationShutdown();
  });

  it('shows no secret when it is looked at', () => {
    const method = methodWith({ clientSecret: 'canary-secret' });
    const seen = inspect([factory, method], { depth: 10, showHidden: true });

    expect(seen).not.toContain('canary');
    expect(seen).not.toContain(Buffer.from('canary').toString('base64').slice(0, 6));
  });
});
