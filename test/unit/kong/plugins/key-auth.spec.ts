import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { RequestBody } from '../../../../src/contracts/upstream-request.js';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import type { KongKeyAuthConfig } from '../../../../src/kong/kong-plugins.js';
import { PEEK_LIMIT_BYTES } from '../../../../src/kong/plugins/key-auth/peeked-body.js';
import { KEY_AUTH_PLUGIN } from '../../../../src/kong/plugins/key-auth.plugin.js';
import {
  apiKeyOf,
  compiled,
  consumer,
  exchangeOf,
  MovedClock,
  placeOf,
  refusalOf,
  type Sent,
  streamed,
  told,
  upstreamRequest,
} from './identity.fixture.js';

const KEY = 'canary-key-of-acme';
const ACME_KEY = apiKeyOf(KEY);

function setUp(config: Partial<KongKeyAuthConfig> = {}) {
  const clock = new MovedClock();
  const people = [
    consumer('acme-id', {
      username: 'acme',
      keyAuthCredentials: [
        ACME_KEY,
        apiKeyOf('short-lived', 60),
        apiKeyOf('for-ever', 0),
        apiKeyOf('ключ €'),
        apiKeyOf('x'.repeat(2_000)),
      ],
    }),
    consumer('guest-id', { username: 'guest' }),
  ];
  const { consumers } = buildConsumers(people, clock);
  const plugin = compiled(KEY_AUTH_PLUGIN, config, consumers);
  return { clock, plugin, ask: (sent: Sent) => refusalOf(plugin, exchangeOf(sent)) };
}

const body = (text: string, length?: number): RequestBody =>
  streamed(Readable.from([Buffer.from(text)]), length);
const json = (value: unknown): Sent => ({
  method: 'POST',
  headers: ['Content-Type', 'application/json'],
  body: body(typeof value === 'string' ? value : JSON.stringify(value)),
});
const form = (text: string): Sent => ({
  method: 'POST',
  headers: ['Content-Type', 'application/x-www-form-urlencoded'],
  body: body(text),
});

const textOf = (sent: RequestBody): string | undefined =>
  Buffer.isBuffer(sent) ? sent.toString() : undefined;

const MISSING = 'No API key found in request';
const DUPLICATE = 'Duplicate API key found';

describe('Kong key-auth', () => {
  it.each<[row: string, sent: Sent, message: string | undefined]>([
    ['§6 key-auth: the header', { headers: ['apikey', KEY] }, undefined],
    ['§6 key-auth: the header in any case', { headers: ['ApiKey', KEY] }, undefined],
    ['§6 key-auth: the query', { query: `?a=b&apikey=${KEY}` }, undefined],
    ['§6 key-auth: the query, percent-encoded', { query: `?apikey=%63${KEY.slice(1)}` }, undefined],
    ['§6 key-auth: the query in another case', { query: `?APIKEY=${KEY}` }, MISSING],
    [
      '§6 key-auth: header first, then query',
      { headers: ['apikey', KEY], query: '?apikey=wrong' },
      undefined,
    ],
    [
      '§6 key-auth: a wrong header beside a right query',
      { headers: ['apikey', 'wrong'], query: `?apikey=${KEY}` },
      'Unauthorized',
    ],
    ['§6 key-auth: nothing', {}, MISSING],
    ['§6 key-auth: an empty header', { headers: ['apikey', ''] }, MISSING],
    ['§6 key-auth: an empty query parameter', { query: '?apikey=' }, MISSING],
    ['§6 key-auth: a bad key', { headers: ['apikey', 'nope'] }, 'Unauthorized'],
    ['§6 key-auth: a key that is nearly right', { headers: ['apikey', `${KEY} `] }, 'Unauthorized'],
    ['§6 key-auth: the key __proto__', { headers: ['apikey', '__proto__'] }, 'Unauthorized'],
    ['§6 key-auth: the key toString', { query: '?apikey=toString' }, 'Unauthorized'],
    ['§6 key-auth: a key of 1 MB', { query: `?apikey=${'k'.repeat(1_000_000)}` }, 'Unauthorized'],
    ['§6 key-auth: the digest of a key instead of it', { headers: ['apikey', 'sha256'] }, 'Unauthorized'],
    ['§6 key-auth: two headers', { headers: ['apikey', KEY, 'APIKEY', KEY] }, DUPLICATE],
    ['§6 key-auth: two in the query', { query: `?apikey=${KEY}&apikey=${KEY}` }, DUPLICATE],
    ['§6 key-auth: bodies are not asked by default', json({ apikey: KEY }), MISSING],
    [
      '§6 key-auth: a key beyond ASCII in the header',
      { headers: ['apikey', Buffer.from('ключ €').toString('latin1')] },
      undefined,
    ],
    [
      '§6 key-auth: a key beyond ASCII in the query',
      { query: `?apikey=${encodeURIComponent('ключ €')}` },
      undefined,
    ],
    ['§6 key-auth: a long key', { headers: ['apikey', 'x'.repeat(2_000)] }, undefined],
  ])('%s', async (_row, sent, message) => {
    expect((await setUp().ask(sent))?.answer.message).toBe(message);
  });

  it.each<[row: string, config: Partial<KongKeyAuthConfig>, sent: Sent, message: string | undefined]>([
    ['§6 key-auth: key_in_header false', { keyInHeader: false }, { headers: ['apikey', KEY] }, MISSING],
    ['§6 key-auth: key_in_query false', { keyInQuery: false }, { query: `?apikey=${KEY}` }, MISSING],
    [
      '§6 key-auth: the second of two names',
      { keyNames: ['apikey', 'x-key'] },
      { headers: ['X-Key', KEY] },
      undefined,
    ],
    [
      '§6 key-auth: per name, so the query of the first counts before the header of the second',
      { keyNames: ['apikey', 'x-key'] },
      { headers: ['X-Key', 'wrong'], query: `?apikey=${KEY}` },
      undefined,
    ],
    [
      '§6 key-auth: a name with an underscore, in the header with a dash',
      { keyNames: ['api_key'] },
      { headers: ['api-key', KEY] },
      undefined,
    ],
    [
      '§6 key-auth: a name with an underscore, as it is',
      { keyNames: ['api_key'] },
      { headers: ['api_key', KEY] },
      undefined,
    ],
    [
      '§6 key-auth: OPTIONS with run_on_preflight false',
      { runOnPreflight: false },
      { method: 'OPTIONS' },
      undefined,
    ],
    ['§6 key-auth: OPTIONS by default', {}, { method: 'OPTIONS' }, MISSING],
  ])('%s', async (_row, config, sent, message) => {
    expect((await setUp(config).ask(sent))?.answer.message).toBe(message);
  });

  it.each<[row: string, sent: Sent, message: string | undefined]>([
    ['§6 key-auth: key_in_body, JSON', json({ a: 1, apikey: KEY }), undefined],
    ['§6 key-auth: key_in_body, a form', form(`a=1&apikey=${KEY}`), undefined],
    [
      '§6 key-auth: key_in_body, the header counts first',
      { ...json({ apikey: 'wrong' }), headers: ['apikey', KEY] },
      undefined,
    ],
    ['§6 key-auth: key_in_body, a wrong key', json({ apikey: 'wrong' }), 'Unauthorized'],
    ['§6 key-auth: key_in_body, twice in a form', form(`apikey=${KEY}&apikey=${KEY}`), DUPLICATE],
    ['§6 key-auth: key_in_body, a list in JSON', json({ apikey: [KEY] }), DUPLICATE],
    ['§6 key-auth: key_in_body, a number in JSON', json({ apikey: 7 }), MISSING],
    ['§6 key-auth: key_in_body, below the top', json({ inner: { apikey: KEY } }), MISSING],
    ['§6 key-auth: key_in_body, a JSON list', json([{ apikey: KEY }]), MISSING],
    ['§6 key-auth: key_in_body, broken JSON', json(`{"apikey":"${KEY}"`), MISSING],
    ['§6 key-auth: key_in_body, __proto__ in JSON', json('{"__proto__":{"apikey":"x"}}'), MISSING],
    [
      '§6 key-auth: key_in_body, another type',
      { ...json({ apikey: KEY }), headers: ['Content-Type', 'text/plain'] },
      MISSING,
    ],
    [
      '§6 key-auth: key_in_body, compressed',
      { ...json({ apikey: KEY }), headers: ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'] },
      MISSING,
    ],
    ['§6 key-auth: key_in_body, no body', { headers: ['Content-Type', 'application/json'] }, MISSING],
    [
      '§6 key-auth: key_in_body, a length beyond the limit',
      { ...json({}), body: body('{}', PEEK_LIMIT_BYTES + 1) },
      MISSING,
    ],
    [
      '§6 key-auth: key_in_body, more than the limit without a length',
      json({ pad: 'x'.repeat(PEEK_LIMIT_BYTES), apikey: KEY }),
      MISSING,
    ],
  ])('%s', async (_row, sent, message) => {
    expect((await setUp({ keyInBody: true }).ask(sent))?.answer.message).toBe(message);
  });

  it.each<[row: string, realm: string | undefined, sent: Sent, value: string]>([
    ['§6 key-auth: no key', undefined, {}, 'Key'],
    ['§6 key-auth: a bad key, a realm', 'shop', { headers: ['apikey', 'x'] }, 'Key realm="shop"'],
    ['§6 key-auth: two keys', undefined, { query: '?apikey=a&apikey=b' }, 'Key'],
  ])('%s: 401 with a challenge, in the format the client accepts', async (_row, realm, sent, value) => {
    const refusal = await setUp({ realm }).ask(sent);

    expect(refusal?.answer).toMatchObject({
      status: 401,
      headers: ['WWW-Authenticate', value],
      messageOnly: false,
    });
    expect(refusal?.code).toBe('unauthenticated');
  });

  it('sends the body on byte for byte when it was looked into', async () => {
    const { plugin } = setUp({ keyInBody: true });
    const text = `{ "apikey" : "${KEY}", "big": 12345678901234567890 }`;
    const exchange = exchangeOf(json(text));

    await refusalOf(plugin, exchange);

    expect(textOf(upstreamRequest(exchange).body)).toBe(text);
    expect(textOf(exchange.body)).toBe(text);
  });

  it('lets a body that is too large to be looked into stream on whole', async () => {
    const { plugin } = setUp({ keyInBody: true, anonymous: 'guest-id' });
    const chunks = Array.from({ length: 5 }, (_, i) => Buffer.alloc(30_000, 97 + i));
    const stream = Readable.from(chunks);
    const exchange = exchangeOf({ ...json({}), body: streamed(stream) });

    await refusalOf(plugin, exchange);
    const kept: Buffer[] = [];
    for await (const chunk of stream) kept.push(chunk as Buffer);

    expect(Buffer.concat(kept).equals(Buffer.concat(chunks))).toBe(true);
    expect(exchange.principal?.consumer?.id).toBe('guest-id');
  });

  it('ends with the client when that goes away in the middle of its body', async () => {
    const { plugin } = setUp({ keyInBody: true });
    const stream = new Readable({ read() {} });
    stream.push('{"a":');
    const asked = refusalOf(plugin, exchangeOf({ ...json({}), body: streamed(stream) }));

    stream.destroy();

    await expect(asked).rejects.toMatchObject({ code: 'client-closed' });
  });

  it('§5 tells the upstream of the consumer by the id of the key, never by the key', async () => {
    const { plugin } = setUp({ hideCredentials: true });
    const exchange = exchangeOf({
      headers: ['apikey', KEY, 'X-Consumer-ID', 'forged', 'X-Anonymous-Consumer', 'true'],
    });

    await refusalOf(plugin, exchange);

    expect(told(exchange, 'x-consumer-id')).toEqual(['acme-id']);
    expect(told(exchange, 'x-consumer-username')).toEqual(['acme']);
    expect(told(exchange, 'x-consumer-custom-id')).toEqual([]);
    expect(told(exchange, 'x-credential-identifier')).toEqual([ACME_KEY.id]);
    expect(told(exchange, 'x-anonymous-consumer')).toEqual([]);
    expect(exchange.principal).toMatchObject({
      method: 'key-auth',
      subject: 'acme-id',
      credential: ACME_KEY.id,
    });
    expect(inspect(upstreamRequest(exchange).headers)).not.toContain('canary');
    expect(inspect(exchange.principal, { depth: 9 })).not.toContain('canary');
  });

  it.each<[row: string, config: Partial<KongKeyAuthConfig>, sent: Sent, path: string, headers: string[]]>([
    ['§6 key-auth: hide_credentials false, header', {}, { headers: ['apikey', KEY] }, '/orders', [KEY]],
    [
      '§6 key-auth: hide_credentials false, query',
      {},
      { query: `?a=1&apikey=${KEY}` },
      `/orders?a=1&apikey=${KEY}`,
      [],
    ],
    [
      '§6 key-auth: hide_credentials, header',
      { hideCredentials: true },
      { headers: ['ApiKey', KEY] },
      '/orders',
      [],
    ],
    [
      '§6 key-auth: hide_credentials, query',
      { hideCredentials: true },
      { query: `?a=%20&apikey=${KEY}&b` },
      '/orders?a=%20&b',
      [],
    ],
    [
      '§6 key-auth: hide_credentials, both',
      { hideCredentials: true },
      { headers: ['apikey', KEY], query: '?apikey=x' },
      '/orders',
      [],
    ],
    [
      '§6 key-auth: hide_credentials, a bad key of an anonymous client',
      { hideCredentials: true, anonymous: 'guest-id' },
      { headers: ['apikey', 'bad'] },
      '/orders',
      [],
    ],
    [
      '§6 key-auth: hide_credentials, under a second name',
      { hideCredentials: true, keyNames: ['apikey', 'k'] },
      { headers: ['apikey', KEY], query: `?k=${KEY}` },
      '/orders',
      [],
    ],
  ])('%s', async (_row, config, sent, path, headers) => {
    const { plugin } = setUp(config);
    const exchange = exchangeOf(sent);

    expect(await refusalOf(plugin, exchange)).toBeUndefined();
    expect(upstreamRequest(exchange).path).toBe(path);
    expect(told(exchange, 'apikey')).toEqual(headers);
  });

  it.each<[row: string, sent: Sent, text: string]>([
    [
      '§6 key-auth: hide_credentials, JSON',
      json(`{"a":12345678901234567890,"apikey":"${KEY}","__proto__":{"b":1}}`),
      '{"a":12345678901234567890,"__proto__":{"b":1}}',
    ],
    ['§6 key-auth: hide_credentials, a form', form(`a=%20+&apikey=${KEY}&b`), 'a=%20+&b'],
    [
      '§6 key-auth: hide_credentials, the key was in the header',
      { ...json(`{"apikey":"x","a":1}`), headers: ['apikey', KEY, 'Content-Type', 'application/json'] },
      '{"a":1}',
    ],
    [
      '§6 key-auth: hide_credentials, a body without it',
      { ...json('{ "a": 1 }'), headers: ['apikey', KEY, 'Content-Type', 'application/json'] },
      '{ "a": 1 }',
    ],
  ])('%s', async (_row, sent, text) => {
    const { plugin } = setUp({ keyInBody: true, hideCredentials: true });
    const exchange = exchangeOf(sent);

    expect(await refusalOf(plugin, exchange)).toBeUndefined();
    expect(textOf(upstreamRequest(exchange).body)).toBe(text);
  });

  it('§2 lets a key with a ttl in for so many seconds after the load', async () => {
    const { clock, ask } = setUp();
    const messages: unknown[] = [];

    for (const elapsed of [0, 59_999, 1]) {
      clock.monotonicMs += elapsed;
      messages.push((await ask({ headers: ['apikey', 'short-lived'] }))?.answer.message);
    }
    const unlimited = await ask({ headers: ['apikey', 'for-ever'] });

    expect(messages).toEqual([undefined, undefined, 'Unauthorized']);
    expect(unlimited).toBeUndefined();
  });

  it('waits for nothing where no body is asked', () => {
    const { plugin } = setUp({ hideCredentials: true });

    expect(plugin.before?.(exchangeOf({ headers: ['apikey', KEY] }))).toBeUndefined();
  });

  it('never says a key in a refusal', async () => {
    const refusals = [
      await setUp().ask({ headers: ['apikey', 'canary-wrong'] }),
      await setUp().ask({ query: `?apikey=${KEY}&apikey=canary-2` }),
      await setUp({ keyInBody: true }).ask(json({ apikey: 'canary-3' })),
    ];

    for (const refusal of refusals) {
      expect(refusal).toBeDefined();
      expect(`${inspect(refusal, { depth: 9 })}${JSON.stringify(refusal)}`).not.toContain('canary');
    }
  });

  it('finds an anonymous consumer that the file does not have', () => {
    const place = placeOf('key-auth', { anonymous: 'gone' });

    expect(KEY_AUTH_PLUGIN.check?.(place)).toEqual(['anonymous is "gone"; must be a consumer of the file.']);
    expect(() => KEY_AUTH_PLUGIN.compile(place)).toThrow('anonymous consumer');
  });
});
