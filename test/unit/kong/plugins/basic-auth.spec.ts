import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import type { KongBasicAuthConfig } from '../../../../src/kong/kong-plugins.js';
import { BASIC_AUTH_PLUGIN } from '../../../../src/kong/plugins/basic-auth.plugin.js';
import {
  basicHeader,
  compiled,
  consumer,
  exchangeOf,
  passwordOf,
  placeOf,
  refusalOf,
  told,
  upstreamRequest,
} from './identity.fixture.js';

const spent = vi.hoisted(() => ({ hashes: 0, comparisons: 0 }));
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof import('node:crypto')>();
  return {
    ...real,
    hash: (...args: Parameters<typeof real.hash>) => {
      spent.hashes++;
      return real.hash(...args);
    },
    timingSafeEqual: (...args: Parameters<typeof real.timingSafeEqual>) => {
      spent.comparisons++;
      return real.timingSafeEqual(...args);
    },
  };
});

const sha1 = (password: string | Buffer, id: string): string =>
  createHash('sha1').update(password).update(id).digest('hex');

const PEOPLE = [
  consumer('ann-id', {
    username: 'ann',
    basicAuthCredentials: [
      passwordOf('ann', 'canary:pass'),
      passwordOf('ann-hashed', sha1('stored', 'ann-id'), true),
      passwordOf('ann-upper', sha1('stored', 'ann-id').toUpperCase(), true),
      passwordOf('ann-latin1', sha1(Buffer.from('caf\u00e9', 'latin1'), 'ann-id'), true),
      passwordOf('ann-empty', ''),
      passwordOf('жанна', 'пароль'),
    ],
  }),
  consumer('ben-id', { basicAuthCredentials: [passwordOf('ben', 'canary:pass')] }),
  consumer('guest-id'),
];

function setUp(config: Partial<KongBasicAuthConfig> = {}) {
  const { consumers, problems } = buildConsumers(PEOPLE);
  expect(problems).toEqual([]);
  const plugin = compiled(BASIC_AUTH_PLUGIN, config, consumers);
  return { plugin, ask: (headers: readonly string[]) => refusalOf(plugin, exchangeOf({ headers })) };
}

const proxyHeader = (pair: string): string[] => ['Proxy-Authorization', basicHeader(pair)[1] as string];

describe('Kong basic-auth', () => {
  beforeEach(() => {
    spent.hashes = 0;
    spent.comparisons = 0;
  });

  it.each<[row: string, headers: readonly string[]]>([
    ['§6 basic-auth: a plain password, with a colon in it', basicHeader('ann:canary:pass')],
    ['§6 basic-auth: a hashed password', basicHeader('ann-hashed:stored')],
    ['§6 basic-auth: a hash in upper case', basicHeader('ann-upper:stored')],
    [
      '§6 basic-auth: a password in Latin-1, hashed as its bytes',
      basicHeader(Buffer.from('ann-latin1:caf\u00e9', 'latin1')),
    ],
    ['§6 basic-auth: an empty password', basicHeader('ann-empty:')],
    ['§6 basic-auth: names and passwords beyond ASCII', basicHeader('жанна:пароль')],
    [
      '§6 basic-auth: the scheme in lower case',
      ['authorization', `basic ${Buffer.from('ben:canary:pass').toString('base64')}`],
    ],
    [
      '§6 basic-auth: base64 without padding',
      ['Authorization', (basicHeader('ann-hashed:stored')[1] as string).replace(/=+$/, '')],
    ],
    ['§6 basic-auth: Proxy-Authorization', proxyHeader('ben:canary:pass')],
    [
      '§6 basic-auth: Proxy-Authorization of nobody, then Authorization',
      [...proxyHeader('nobody:x'), ...basicHeader('ben:canary:pass')],
    ],
  ])('%s: passes', async (_row, headers) => {
    expect(await setUp().ask(headers)).toBeUndefined();
  });

  it.each<[row: string, headers: readonly string[]]>([
    ['§6 basic-auth: nothing', []],
    ['§6 basic-auth: another scheme', ['Authorization', 'Bearer abc']],
    ['§6 basic-auth: a scheme alone', ['Authorization', 'Basic']],
    ['§6 basic-auth: no base64', ['Authorization', 'Basic %%%']],
    [
      '§6 basic-auth: loose bits',
      ['Authorization', `Basic ${Buffer.from('a:b').toString('base64').slice(0, 3)}=`],
    ],
    ['§6 basic-auth: no colon', basicHeader('ann')],
    ['§6 basic-auth: no name', basicHeader(':canary:pass')],
    ['§6 basic-auth: a name that is no UTF-8', basicHeader(Buffer.from('\u00e9:x', 'latin1'))],
    ['§6 basic-auth: nobody', basicHeader('nobody:canary:pass')],
    ['§6 basic-auth: the name in another case', basicHeader('ANN:canary:pass')],
    ['§6 basic-auth: a wrong password', basicHeader('ann:wrong')],
    ['§6 basic-auth: another’s password', basicHeader('ann-hashed:canary:pass')],
    ['§6 basic-auth: no password', basicHeader('ann:')],
    ['§6 basic-auth: the hash as the password', basicHeader(`ann-hashed:${sha1('stored', 'ann-id')}`)],
    ['§6 basic-auth: the password with the id', basicHeader('ann-hashed:storedann-id')],
    ['§6 basic-auth: the name __proto__', basicHeader('__proto__:x')],
    ['§6 basic-auth: 5 KB', basicHeader(`ann:${'x'.repeat(5_000)}`)],
    ['§6 basic-auth: two fields', [...basicHeader('ann:canary:pass'), ...basicHeader('ann:canary:pass')]],
    [
      '§6 basic-auth: Proxy-Authorization of somebody with a wrong password ends it',
      [...proxyHeader('ann:wrong'), ...basicHeader('ben:canary:pass')],
    ],
  ])('%s: 401', async (_row, headers) => {
    const refusal = await setUp().ask(headers);

    expect(refusal?.answer).toEqual({
      status: 401,
      message: 'Unauthorized',
      messageOnly: false,
      headers: ['WWW-Authenticate', 'Basic realm="service"'],
    });
    expect(inspect(refusal, { depth: 9 })).not.toContain('canary');
  });

  it('§6 basic-auth: names the realm of the configuration', async () => {
    const refusal = await setUp({ realm: 'back "office"' }).ask([]);

    expect(refusal?.answer.headers).toEqual(['WWW-Authenticate', 'Basic realm="back \\"office\\""']);
  });

  it('spends as much on a name nobody has as on a wrong password, and one fast hash on either', async () => {
    const { ask } = setUp();
    const costs: unknown[] = [];

    for (const headers of [
      basicHeader('ann:wrong'),
      basicHeader('ann-hashed:wrong'),
      basicHeader('nobody:wrong'),
      proxyHeader('nobody:wrong'),
    ]) {
      Object.assign(spent, { hashes: 0, comparisons: 0 });
      expect(await ask(headers)).toBeDefined();
      costs.push({ ...spent });
    }

    expect(costs).toEqual(Array.from({ length: 4 }, () => ({ hashes: 1, comparisons: 1 })));
  });

  it('§5 tells the upstream of the consumer by the user name', async () => {
    const { plugin } = setUp();
    const exchange = exchangeOf({
      headers: [...basicHeader('ann:canary:pass'), 'X-Credential-Identifier', 'root'],
    });

    await refusalOf(plugin, exchange);

    expect(told(exchange, 'x-consumer-id')).toEqual(['ann-id']);
    expect(told(exchange, 'x-credential-identifier')).toEqual(['ann']);
    expect(exchange.principal).toMatchObject({
      method: 'basic-auth',
      subject: 'ann',
      credential: 'basic-ann',
    });
    expect(inspect(exchange.principal, { depth: 9 })).not.toContain('canary');
  });

  it('§5 tells names beyond ASCII as the bytes of their UTF-8, as Kong does', async () => {
    const { plugin } = setUp();
    const exchange = exchangeOf({ headers: basicHeader('жанна:пароль') });

    await refusalOf(plugin, exchange);

    const [text = ''] = told(exchange, 'x-credential-identifier');
    expect(Buffer.from(text, 'latin1').toString()).toBe('жанна');
  });

  it.each<[row: string, config: Partial<KongBasicAuthConfig>, headers: readonly string[], left: number]>([
    ['§6 basic-auth: hide_credentials false', {}, basicHeader('ann:canary:pass'), 1],
    ['§6 basic-auth: hide_credentials', { hideCredentials: true }, basicHeader('ann:canary:pass'), 0],
    [
      '§6 basic-auth: hide_credentials, an anonymous client',
      { hideCredentials: true, anonymous: 'guest-id' },
      basicHeader('ann:no'),
      0,
    ],
    ['§6 basic-auth: Proxy-Authorization never goes on', {}, proxyHeader('ann:canary:pass'), 0],
  ])('%s', async (_row, config, headers, left) => {
    const { plugin } = setUp(config);
    const exchange = exchangeOf({ headers });

    expect(await refusalOf(plugin, exchange)).toBeUndefined();
    expect(told(exchange, 'authorization')).toHaveLength(left);
    expect(upstreamRequest(exchange).headers.some((name) => /^proxy-auth/i.test(name))).toBe(false);
  });

  it('finds an anonymous consumer that the file does not have', () => {
    const place = placeOf('basic-auth', { anonymous: 'gone' });

    expect(BASIC_AUTH_PLUGIN.check?.(place)).toEqual([
      'anonymous is "gone"; must be a consumer of the file.',
    ]);
  });
});
