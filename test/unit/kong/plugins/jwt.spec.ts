import { createHmac, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import type { KongJwtConfig } from '../../../../src/kong/kong-plugins.js';
import { jwtPlugin } from '../../../../src/kong/plugins/jwt.plugin.js';
import {
  EC_256,
  EC_384,
  EC_521,
  ED25519,
  encode,
  hmacToken,
  pem,
  RSA,
  signedToken,
} from '../../policies/authenticate/test-tokens.js';
import {
  consumer,
  exchangeOf,
  jwtSecret,
  MovedClock,
  NOW_SECONDS,
  placeOf,
  refusalOf,
  told,
} from './identity.fixture.js';

const ALICE_SECRET = 'alice-canary-secret-of-thirty-two-bytes';
const BOB_SECRET = 'bob-canary-secret-that-is-long-enough-too';
const BINARY = Buffer.from('fbff00112233445566778899aabbccddeeff00112233445566778899aabbccdd', 'hex');

const PEOPLE = [
  consumer('alice-id', {
    username: 'alice',
    customId: 'c-1',
    jwtSecrets: [
      jwtSecret('alice-key', ALICE_SECRET),
      jwtSecret('alice-512', ALICE_SECRET, { algorithm: 'HS512' }),
    ],
  }),
  consumer('bob-id', {
    username: 'bob',
    jwtSecrets: [
      jwtSecret('bob-key', BOB_SECRET),
      jwtSecret('rsa', undefined, { algorithm: 'RS256', publicKey: pem(RSA.publicKey) }),
      jwtSecret('pss', undefined, { algorithm: 'PS256', publicKey: pem(RSA.publicKey) }),
      jwtSecret('ec', undefined, { algorithm: 'ES256', publicKey: pem(EC_256.publicKey) }),
      jwtSecret('ec384', undefined, { algorithm: 'ES384', publicKey: pem(EC_384.publicKey) }),
      jwtSecret('HS384', ALICE_SECRET, { algorithm: 'HS384' }),
      ...(['RS384', 'RS512', 'PS384', 'PS512'] as const).map((algorithm) =>
        jwtSecret(algorithm, undefined, { algorithm, publicKey: pem(RSA.publicKey) }),
      ),
      jwtSecret('ES512', undefined, { algorithm: 'ES512', publicKey: pem(EC_521.publicKey) }),
      jwtSecret('ed', undefined, { algorithm: 'EdDSA', publicKey: pem(ED25519.publicKey) }),
      jwtSecret('binary', BINARY.toString('base64')),
      jwtSecret('binary-url', BINARY.toString('base64url')),
      jwtSecret('not-base64', 'this secret is $no$ base64, as anybody can see'),
      jwtSecret('short', 'short'),
    ],
  }),
  consumer('guest-id', { username: 'guest' }),
];

const good = (claims: Record<string, unknown> = {}, secret = ALICE_SECRET): string =>
  hmacToken({ alg: 'HS256', typ: 'JWT' }, { iss: 'alice-key', sub: 'u-1', ...claims }, secret);

function setUp(config: Partial<KongJwtConfig> = {}) {
  const clock = new MovedClock();
  const { consumers, problems } = buildConsumers(PEOPLE, clock);
  expect(problems).toEqual([]);
  const mapping = jwtPlugin(clock);
  const plugin = mapping.compile(placeOf('jwt', config, consumers));
  const ask = (parts: Parameters<typeof exchangeOf>[0]) => refusalOf(plugin, exchangeOf(parts));
  const send = (token: string) => ask({ headers: ['Authorization', `Bearer ${token}`] });
  return { clock, consumers, mapping, plugin, ask, send };
}

const [, PAYLOAD = ''] = good().split('.');
const nest = (depth: number): string => `{"a":${depth === 0 ? '1' : nest(depth - 1)}}`;

describe('Kong jwt', () => {
  it.each<[row: string, token: string]>([
    ['§6 jwt: HS256 by iss of the payload', good()],
    ['§6 jwt: HS384', hmacToken({ alg: 'HS384' }, { iss: 'HS384' }, ALICE_SECRET, 'sha384')],
    ['§6 jwt: RS384', signedToken('RS384', RSA.privateKey, { iss: 'RS384' })],
    ['§6 jwt: RS512', signedToken('RS512', RSA.privateKey, { iss: 'RS512' })],
    ['§6 jwt: PS384', signedToken('PS384', RSA.privateKey, { iss: 'PS384' })],
    ['§6 jwt: PS512', signedToken('PS512', RSA.privateKey, { iss: 'PS512' })],
    ['§6 jwt: ES512', signedToken('ES512', EC_521.privateKey, { iss: 'ES512' })],
    ['§6 jwt: HS512', hmacToken({ alg: 'HS512' }, { iss: 'alice-512' }, ALICE_SECRET, 'sha512')],
    ['§6 jwt: RS256', signedToken('RS256', RSA.privateKey, { iss: 'rsa' })],
    ['§6 jwt: PS256', signedToken('PS256', RSA.privateKey, { iss: 'pss' })],
    ['§6 jwt: ES256', signedToken('ES256', EC_256.privateKey, { iss: 'ec' })],
    ['§6 jwt: ES384', signedToken('ES384', EC_384.privateKey, { iss: 'ec384' })],
    ['§6 jwt: EdDSA', signedToken('EdDSA', ED25519.privateKey, { iss: 'ed' })],
    [
      '§6 jwt: the key claim in the header where the payload has none',
      hmacToken({ alg: 'HS256', iss: 'alice-key' }, { sub: 'u' }, ALICE_SECRET),
    ],
    ['§6 jwt: exp is not checked unless listed', good({ exp: 1 })],
    ['§6 jwt: nbf is not checked unless listed', good({ nbf: NOW_SECONDS + 9_999 })],
    [
      '§6 jwt: a secret that is short, as Kong takes it',
      hmacToken({ alg: 'HS256' }, { iss: 'short' }, 'short'),
    ],
    ['§6 jwt: any typ', hmacToken({ alg: 'HS256', typ: 'other' }, { iss: 'alice-key' }, ALICE_SECRET)],
  ])('%s: passes', async (_row, token) => {
    expect(await setUp().send(token)).toBeUndefined();
  });

  const noAlg = `${encode({ typ: 'JWT' })}.${PAYLOAD}.c2ln`;
  const rsaPem = pem(RSA.publicKey);
  it.each<[row: string, token: string, message: string]>([
    ['§6 jwt: no three parts', 'abc', 'Bad token; invalid JSON'],
    ['§6 jwt: five parts', 'a.b.c.d.e', 'Bad token; invalid JSON'],
    [
      '§6 jwt: a payload that is no JSON',
      hmacToken({ alg: 'HS256' }, 'nope', ALICE_SECRET),
      'Bad token; invalid JSON',
    ],
    [
      '§6 jwt: a payload that is a list',
      hmacToken({ alg: 'HS256' }, ['alice-key'], ALICE_SECRET),
      'Bad token; invalid JSON',
    ],
    [
      '§6 jwt: a claim that stands twice',
      hmacToken({ alg: 'HS256' }, '{"iss":"bob-key","iss":"alice-key"}', ALICE_SECRET),
      'Bad token; invalid JSON',
    ],
    [
      '§6 jwt: a payload a thousand deep',
      hmacToken({ alg: 'HS256' }, nest(1_000), ALICE_SECRET),
      'Bad token; invalid JSON',
    ],
    ['§6 jwt: a second spelling with padding', `${good()}=`, 'Bad token; invalid JSON'],
    ['§6 jwt: a token of 17 KB', good({ pad: 'x'.repeat(17_000) }), 'Bad token; invalid JSON'],
    ['§6 jwt: no alg', noAlg, 'Bad token; invalid alg'],
    [
      '§6 jwt: alg none without a signature',
      `${encode({ alg: 'none' })}.${PAYLOAD}.`,
      'Bad token; invalid alg',
    ],
    [
      '§6 jwt: alg NoNe',
      hmacToken({ alg: 'NoNe' }, { iss: 'alice-key' }, ALICE_SECRET),
      'Bad token; invalid alg',
    ],
    [
      '§6 jwt: alg hs256',
      hmacToken({ alg: 'hs256' }, { iss: 'alice-key' }, ALICE_SECRET),
      'Bad token; invalid alg',
    ],
    [
      '§6 jwt: alg of a prototype',
      hmacToken({ alg: 'constructor' }, { iss: 'alice-key' }, ALICE_SECRET),
      'Bad token; invalid alg',
    ],
    [
      '§6 jwt: an extension that must be understood',
      hmacToken({ alg: 'HS256', crit: ['x'] }, { iss: 'alice-key' }, ALICE_SECRET),
      'Bad token; invalid header',
    ],
    ['§6 jwt: no key claim', good({ iss: undefined }), "No mandatory 'iss' in claims"],
    ['§6 jwt: a key claim that is null', good({ iss: null }), "No mandatory 'iss' in claims"],
    ['§6 jwt: an empty key claim', good({ iss: '' }), "Invalid 'iss' in claims"],
    ['§6 jwt: a key nobody has', good({ iss: 'nobody' }), "No credentials found for given 'iss'"],
    ['§6 jwt: a key that is a number', good({ iss: 7 }), "No credentials found for given 'iss'"],
    [
      '§6 jwt: the key __proto__',
      hmacToken({ alg: 'HS256' }, '{"iss":"__proto__"}', ALICE_SECRET),
      "No credentials found for given 'iss'",
    ],
    [
      '§6 jwt: an alg that is not the credential’s',
      hmacToken({ alg: 'HS384' }, { iss: 'alice-key' }, ALICE_SECRET, 'sha384'),
      'Invalid algorithm',
    ],
    [
      '§6 jwt: HS256 with an RSA public key as its secret',
      hmacToken({ alg: 'HS256' }, { iss: 'rsa' }, rsaPem),
      'Invalid algorithm',
    ],
    [
      '§6 jwt: HS256 with that key and a blank before',
      hmacToken({ alg: 'HS256' }, { iss: 'rsa' }, ` ${rsaPem}`),
      'Invalid algorithm',
    ],
    [
      '§6 jwt: HS256 with that key as DER',
      hmacToken({ alg: 'HS256' }, { iss: 'rsa' }, RSA.publicKey.export({ type: 'spki', format: 'der' })),
      'Invalid algorithm',
    ],
    [
      '§6 jwt: PS256 for a credential of RS256',
      signedToken('PS256', RSA.privateKey, { iss: 'rsa' }),
      'Invalid algorithm',
    ],
    ['§6 jwt: another consumer’s secret', good({ iss: 'bob-key' }), 'Invalid signature'],
    [
      '§6 jwt: another RSA key',
      signedToken('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, { iss: 'rsa' }),
      'Invalid signature',
    ],
    [
      '§6 jwt: a key the token brings along',
      hmacToken({ alg: 'HS256', jwk: { kty: 'oct', k: encode('mine') } }, { iss: 'alice-key' }, 'mine'),
      'Invalid signature',
    ],
    ['§6 jwt: no signature', `${good().split('.').slice(0, 2).join('.')}.`, 'Invalid signature'],
    [
      '§6 jwt: another payload under the signature',
      good().replace(PAYLOAD, encode({ iss: 'alice-key', sub: 'root' })),
      'Invalid signature',
    ],
  ])('%s: 401', async (_row, token, message) => {
    const refusal = await setUp().send(token);

    expect(refusal?.answer).toEqual({
      status: 401,
      message,
      messageOnly: true,
      headers: ['WWW-Authenticate', 'Bearer error="invalid_token"'],
    });
    expect(refusal?.code).toBe('unauthenticated');
  });

  it.each<
    [row: string, claims: Record<string, unknown>, verify: ('exp' | 'nbf')[], errors: object | undefined]
  >([
    ['§6 jwt: exp in a second', { exp: NOW_SECONDS + 1 }, ['exp'], undefined],
    ['§6 jwt: exp now, without leeway', { exp: NOW_SECONDS }, ['exp'], { exp: 'token expired' }],
    ['§6 jwt: exp long ago', { exp: 1 }, ['exp'], { exp: 'token expired' }],
    ['§6 jwt: a negative exp', { exp: -1 }, ['exp'], { exp: 'token expired' }],
    ['§6 jwt: exp absent but listed', {}, ['exp'], { exp: 'must be a number' }],
    ['§6 jwt: exp as text', { exp: '9999999999' }, ['exp'], { exp: 'must be a number' }],
    ['§6 jwt: nbf now', { nbf: NOW_SECONDS }, ['nbf'], undefined],
    [
      '§6 jwt: nbf in a second, without leeway',
      { nbf: NOW_SECONDS + 1 },
      ['nbf'],
      { nbf: 'token not valid yet' },
    ],
    ['§6 jwt: nbf as a list', { nbf: [1] }, ['nbf'], { nbf: 'must be a number' }],
    [
      '§6 jwt: both wrong',
      { exp: 1, nbf: 'x' },
      ['exp', 'nbf'],
      { exp: 'token expired', nbf: 'must be a number' },
    ],
    ['§6 jwt: nbf wrong, only exp listed', { exp: NOW_SECONDS + 9, nbf: 'x' }, ['exp'], undefined],
  ])('%s', async (_row, claims, claimsToVerify, errors) => {
    const refusal = await setUp({ claimsToVerify }).send(good(claims));

    expect(refusal?.answer.message).toEqual(errors);
    expect(refusal?.answer.status).toBe(errors === undefined ? undefined : 401);
  });

  it('§6 jwt: takes 1e400 for no number, so that no token is valid for ever', async () => {
    const token = hmacToken({ alg: 'HS256' }, '{"iss":"alice-key","exp":1e400}', ALICE_SECRET);

    const refusal = await setUp({ claimsToVerify: ['exp'] }).send(token);

    expect(refusal?.answer.message).toEqual({ exp: 'must be a number' });
  });

  it.each<[row: string, exp: number, errors: object | undefined]>([
    ['§6 jwt: maximum_expiration met', NOW_SECONDS + 60, undefined],
    [
      '§6 jwt: maximum_expiration exceeded by a second',
      NOW_SECONDS + 61,
      { exp: 'exceeds maximum allowed expiration' },
    ],
  ])('%s', async (_row, exp, errors) => {
    const refusal = await setUp({ claimsToVerify: ['exp'], maximumExpiration: 60 }).send(good({ exp }));

    expect(refusal?.answer.message).toEqual(errors);
  });

  const other = good({ sub: 'u-2' });
  it.each<[row: string, sent: Parameters<typeof exchangeOf>[0], message: string | undefined]>([
    ['§6 jwt: nothing sent', {}, 'Unauthorized'],
    ['§6 jwt: another scheme', { headers: ['Authorization', 'Basic abc'] }, 'Unauthorized'],
    ['§6 jwt: a scheme alone', { headers: ['Authorization', 'Bearer'] }, 'Unauthorized'],
    ['§6 jwt: a header without the scheme', { headers: ['Authorization', good()] }, 'Unauthorized'],
    ['§6 jwt: bearer in lower case', { headers: ['authorization', `bearer ${good()}`] }, undefined],
    ['§6 jwt: the query', { query: `?a=1&jwt=${good()}` }, undefined],
    ['§6 jwt: an empty query parameter', { query: '?jwt=' }, 'Unauthorized'],
    ['§6 jwt: a second name of the query', { query: `?token=${good()}` }, undefined],
    ['§6 jwt: a name of the query that is not listed', { query: `?JWT=${good()}` }, 'Unauthorized'],
    ['§6 jwt: a cookie', { headers: ['Cookie', `a=b; session=${good()}`] }, undefined],
    ['§6 jwt: another header', { headers: ['X-Token', `Bearer ${good()}`] }, undefined],
    [
      '§6 jwt: the same token in two places',
      { query: `?jwt=${good()}`, headers: ['Authorization', `Bearer ${good()}`] },
      undefined,
    ],
    [
      '§6 jwt: two tokens in query and header',
      { query: `?jwt=${other}`, headers: ['Authorization', `Bearer ${good()}`] },
      'Multiple tokens provided',
    ],
    ['§6 jwt: two tokens in the query', { query: `?jwt=${other}&jwt=${good()}` }, 'Multiple tokens provided'],
    [
      '§6 jwt: two tokens in query and cookie',
      { query: `?jwt=${other}`, headers: ['Cookie', `session=${good()}`] },
      'Multiple tokens provided',
    ],
    [
      '§6 jwt: two tokens in cookie and header',
      { headers: ['Cookie', `session=${other}`, 'Authorization', `Bearer ${good()}`] },
      'Multiple tokens provided',
    ],
    [
      '§6 jwt: two tokens in two headers',
      { headers: ['X-Token', `Bearer ${other}`, 'Authorization', `Bearer ${good()}`] },
      'Multiple tokens provided',
    ],
    [
      '§6 jwt: two fields Authorization',
      { headers: ['Authorization', `Bearer ${good()}`, 'authorization', `Bearer ${other}`] },
      'Multiple tokens provided',
    ],
    [
      '§6 jwt: two cookies',
      { headers: ['Cookie', `session=${good()}; session=${other}`] },
      'Multiple tokens provided',
    ],
  ])('%s', async (_row, sent, message) => {
    const { ask } = setUp({
      uriParamNames: ['jwt', 'token'],
      cookieNames: ['session'],
      headerNames: ['authorization', 'X-Token'],
    });

    expect((await ask(sent))?.answer.message).toBe(message);
  });

  it.each<[row: string, realm: string | undefined, token: string | undefined, value: string]>([
    ['§6 jwt: no token', undefined, undefined, 'Bearer'],
    ['§6 jwt: no token, a realm', 'shop', undefined, 'Bearer realm="shop"'],
    ['§6 jwt: a bad token', undefined, 'x', 'Bearer error="invalid_token"'],
    ['§6 jwt: a bad token, a realm', 'shop', 'x', 'Bearer realm="shop", error="invalid_token"'],
    ['§6 jwt: a realm with quotes', 'my "shop"', undefined, 'Bearer realm="my \\"shop\\""'],
    ['§6 jwt: a realm that would end the line', 'a\r\nb', undefined, 'Bearer realm="a%0D%0Ab"'],
  ])('%s: challenges', async (_row, realm, token, value) => {
    const { ask } = setUp({ realm });

    const refusal = await ask(token === undefined ? {} : { query: `?jwt=${token}` });

    expect(refusal?.answer.headers).toEqual(['WWW-Authenticate', value]);
  });

  it.each<[row: string, method: string, runOnPreflight: boolean, refused: boolean]>([
    ['§6 jwt: OPTIONS is asked by default', 'OPTIONS', true, true],
    ['§6 jwt: OPTIONS with run_on_preflight false', 'OPTIONS', false, false],
    ['§6 jwt: GET with run_on_preflight false', 'GET', false, true],
  ])('%s', async (_row, method, runOnPreflight, refused) => {
    const { plugin } = setUp({ runOnPreflight });
    const exchange = exchangeOf({ method, headers: ['X-Consumer-ID', 'forged'] });

    expect((await refusalOf(plugin, exchange)) !== undefined).toBe(refused);
    expect(exchange.principal).toBeUndefined();
    expect(told(exchange, 'x-consumer-id')).toEqual([]);
  });

  it.each<[row: string, key: string, secret: Buffer, message: string | undefined]>([
    ['§6 jwt: secret_is_base64', 'binary', BINARY, undefined],
    ['§6 jwt: secret_is_base64, the other alphabet without padding', 'binary-url', BINARY, undefined],
    [
      '§6 jwt: secret_is_base64, signed with the text itself',
      'binary',
      Buffer.from(BINARY.toString('base64')),
      'Invalid signature',
    ],
    ['§6 jwt: secret_is_base64 for a secret that is none', 'not-base64', BINARY, 'Invalid key/secret'],
  ])('%s', async (_row, key, secret, message) => {
    const { send } = setUp({ secretIsBase64: true });

    expect((await send(hmacToken({ alg: 'HS256' }, { iss: key }, secret)))?.answer.message).toBe(message);
  });

  it('§6 jwt: secret_is_base64 leaves public keys as they are', async () => {
    const token = signedToken('RS256', RSA.privateKey, { iss: 'rsa' });

    expect(await setUp({ secretIsBase64: true }).send(token)).toBeUndefined();
  });

  it.each<[row: string, token: string, message: string | undefined]>([
    [
      '§6 jwt: key_claim_name kid, in the header',
      hmacToken({ alg: 'HS256', kid: 'alice-key' }, { iss: 'x' }, ALICE_SECRET),
      undefined,
    ],
    [
      '§6 jwt: key_claim_name kid, the payload counts first',
      hmacToken({ alg: 'HS256', kid: 'alice-key' }, { kid: 'bob-key' }, ALICE_SECRET),
      'Invalid signature',
    ],
    ['§6 jwt: key_claim_name kid, absent', good(), "No mandatory 'kid' in claims"],
  ])('%s', async (_row, token, message) => {
    expect((await setUp({ keyClaimName: 'kid' }).send(token))?.answer.message).toBe(message);
  });

  it('§5 tells the upstream of the consumer, and no client can', async () => {
    const { plugin } = setUp();
    const exchange = exchangeOf({
      headers: [
        ...['Authorization', `Bearer ${good()}`, 'x-consumer-id', 'forged', 'X-Consumer-Custom-ID', 'forged'],
        ...[
          'X_Consumer_Username',
          'forged',
          'X-Credential-Identifier',
          'forged',
          'X-Consumer-Groups',
          'admin',
        ],
        ...['X-Authenticated-Groups', 'admin', 'X-Anonymous-Consumer', 'true'],
        ...['Connection', 'X-Consumer-ID, X-Credential-Identifier'],
      ],
    });

    await refusalOf(plugin, exchange);

    expect(told(exchange, 'x-consumer-id')).toEqual(['alice-id']);
    expect(told(exchange, 'x-consumer-custom-id')).toEqual(['c-1']);
    expect(told(exchange, 'x-consumer-username')).toEqual(['alice']);
    expect(told(exchange, 'x-credential-identifier')).toEqual(['alice-key']);
    for (const name of [
      'x-consumer-groups',
      'x-authenticated-groups',
      'x-anonymous-consumer',
      'x_consumer_username',
    ])
      expect(told(exchange, name)).toEqual([]);
  });

  it('puts the principal on the exchange, with claims and the credential’s public id', async () => {
    const { plugin } = setUp();
    const exchange = exchangeOf({ headers: ['Authorization', `Bearer ${good({ scope: 'a b' })}`] });

    await refusalOf(plugin, exchange);

    expect(exchange.principal).toMatchObject({
      method: 'jwt',
      subject: 'u-1',
      credential: 'jwt-alice-key',
      claims: { iss: 'alice-key', sub: 'u-1' },
      consumer: { id: 'alice-id', name: 'alice', customId: 'c-1' },
    });
    expect([...(exchange.principal?.scopes ?? [])]).toEqual(['a', 'b']);
    expect(inspect(exchange.principal, { depth: 9 })).not.toContain('canary');
  });

  it('passes the token on, as Kong does', async () => {
    const { plugin } = setUp();
    const exchange = exchangeOf({ headers: ['Authorization', `Bearer ${good()}`] });

    await refusalOf(plugin, exchange);

    expect(told(exchange, 'authorization')).toEqual([`Bearer ${good()}`]);
  });

  it('remembers a token, on its connection and by digest, until exp and no longer', async () => {
    const { clock, plugin } = setUp({ claimsToVerify: ['exp'] });
    const token = good({ exp: NOW_SECONDS + 10 });
    const socket = {};
    const first = exchangeOf({ headers: ['Authorization', `Bearer ${token}`], socket });
    const again = exchangeOf({ headers: ['Authorization', `Bearer ${token}`], socket });
    const elsewhere = exchangeOf({ headers: ['Authorization', `Bearer ${token}`] });

    for (const exchange of [first, again, elsewhere]) await refusalOf(plugin, exchange);
    clock.nowMs += 9_999;
    const last = await refusalOf(
      plugin,
      exchangeOf({ headers: ['Authorization', `Bearer ${token}`], socket }),
    );
    clock.nowMs += 1;
    const over = await refusalOf(
      plugin,
      exchangeOf({ headers: ['Authorization', `Bearer ${token}`], socket }),
    );
    const overElsewhere = await refusalOf(
      plugin,
      exchangeOf({ headers: ['Authorization', `Bearer ${token}`] }),
    );

    expect(again.principal).toBe(first.principal);
    expect(elsewhere.principal).toBe(first.principal);
    expect(last).toBeUndefined();
    expect(over?.answer.message).toEqual({ exp: 'token expired' });
    expect(overElsewhere?.answer.message).toEqual({ exp: 'token expired' });
  });

  it.each<[row: string, config: Partial<KongJwtConfig>, claims: Record<string, unknown>, errors: object]>([
    ['§6 jwt: nbf', { claimsToVerify: ['nbf'] }, { nbf: NOW_SECONDS }, { nbf: 'token not valid yet' }],
    [
      '§6 jwt: maximum_expiration',
      { claimsToVerify: ['exp'], maximumExpiration: 100 },
      { exp: NOW_SECONDS + 100 },
      { exp: 'exceeds maximum allowed expiration' },
    ],
  ])(
    '%s: is asked of a remembered token too when the clock is set back',
    async (_row, config, claims, errors) => {
      const { clock, send } = setUp(config);
      const token = good(claims);

      const before = await send(token);
      clock.nowMs -= 1_000;
      const after = await send(token);

      expect(before).toBeUndefined();
      expect(after?.answer.message).toEqual(errors);
    },
  );

  it.each<[row: string, claims: Record<string, unknown>, nowMs: number, errors: object | undefined]>([
    ['§6 jwt: exp with a fraction, in its second', { exp: 100.5, nbf: 0 }, 100_999, undefined],
    ['§6 jwt: exp with a fraction, in the next', { exp: 100.5, nbf: 0 }, 101_000, { exp: 'token expired' }],
    [
      '§6 jwt: nbf with a fraction, in its second',
      { exp: 999, nbf: 100.5 },
      100_999,
      { nbf: 'token not valid yet' },
    ],
    ['§6 jwt: nbf with a fraction, in the next', { exp: 999, nbf: 100.5 }, 101_000, undefined],
  ])('%s: counts whole seconds', async (_row, claims, nowMs, errors) => {
    const { clock, send } = setUp({ claimsToVerify: ['exp', 'nbf'] });
    clock.nowMs = nowMs;

    expect((await send(good(claims)))?.answer.message).toEqual(errors);
  });

  it('never answers by what an instance with other rules remembers, on the same connection', async () => {
    const { consumers, mapping, plugin: lax } = setUp();
    const strict = mapping.compile(placeOf('jwt', { claimsToVerify: ['exp'] }, consumers));
    const kid = mapping.compile(placeOf('jwt', { keyClaimName: 'kid' }, consumers));
    const socket = {};
    const ask = () => exchangeOf({ headers: ['Authorization', `Bearer ${good({ exp: 1 })}`], socket });

    expect(await refusalOf(lax, ask())).toBeUndefined();
    expect((await refusalOf(strict, ask()))?.answer.message).toEqual({ exp: 'token expired' });
    expect((await refusalOf(kid, ask()))?.answer.message).toBe("No mandatory 'kid' in claims");
    expect(await refusalOf(lax, ask())).toBeUndefined();
  });

  it('shares what is remembered between instances of the same rules, and nothing between two lists of consumers', async () => {
    const { clock, consumers, mapping, plugin } = setUp();
    const same = mapping.compile(placeOf('jwt', { realm: 'other' }, consumers));
    const fewer = buildConsumers(PEOPLE.slice(1), clock).consumers;
    const reloaded = mapping.compile(placeOf('jwt', {}, fewer));
    const socket = {};
    const ask = () => exchangeOf({ headers: ['Authorization', `Bearer ${good()}`], socket });
    const [one, two] = [ask(), ask()];

    await refusalOf(plugin, one);
    await refusalOf(same, two);
    const gone = await refusalOf(reloaded, ask());

    expect(two.principal).toBe(one.principal);
    expect(gone?.answer.message).toBe("No credentials found for given 'iss'");
  });

  it('never mixes up tokens that differ in one byte', async () => {
    const { plugin } = setUp();
    const token = good();
    const at = token.lastIndexOf('.') + 1;
    await refusalOf(plugin, exchangeOf({ query: `?jwt=${token}` }));

    for (let i = at; i < token.length; i++) {
      const forged = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`;
      expect(await refusalOf(plugin, exchangeOf({ query: `?jwt=${forged}` }))).toBeDefined();
    }
  });

  it('never says a secret or a token in a refusal', async () => {
    const { send } = setUp({ claimsToVerify: ['exp'] });
    const secretive = good({ exp: 1, canary: 'canary-claim' });
    const forged = hmacToken({ alg: 'HS256' }, { iss: 'canary-key' }, 'x');

    for (const token of [secretive, forged, `${secretive}x`, 'canary.canary.canary']) {
      const refusal = await send(token);
      const said = `${inspect(refusal, { depth: 9 })}${JSON.stringify(refusal)}${refusal?.message}`;
      expect(refusal).toBeDefined();
      expect(said).not.toContain('canary-');
      expect(said).not.toContain(token);
    }
  });

  it('verifies signatures of every length without failing', async () => {
    const { send } = setUp();
    const input = `${encode({ alg: 'HS256' })}.${encode({ iss: 'alice-key' })}`;
    const whole = createHmac('sha256', ALICE_SECRET).update(input).digest();

    for (let bytes = 0; bytes < whole.length; bytes++) {
      const refusal = await send(`${input}.${whole.subarray(0, bytes).toString('base64url')}`);
      expect(refusal?.answer.message).toBe('Invalid signature');
    }
  });

  it('finds an anonymous consumer that the file does not have', () => {
    const { consumers, mapping } = setUp();

    expect(mapping.check?.(placeOf('jwt', { anonymous: 'guest-id' }, consumers))).toEqual([]);
    expect(mapping.check?.(placeOf('jwt', { anonymous: 'gone' }, consumers))).toEqual([
      'anonymous is "gone"; must be a consumer of the file.',
    ]);
  });
});
