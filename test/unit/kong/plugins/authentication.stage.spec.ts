import { describe, expect, it } from 'vitest';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import { ACL_PLUGIN } from '../../../../src/kong/plugins/acl.plugin.js';
import { BASIC_AUTH_PLUGIN } from '../../../../src/kong/plugins/basic-auth.plugin.js';
import { JWT_PLUGIN } from '../../../../src/kong/plugins/jwt.plugin.js';
import { KEY_AUTH_PLUGIN } from '../../../../src/kong/plugins/key-auth.plugin.js';
import { hmacToken } from '../../policies/authenticate/test-tokens.js';
import {
  apiKeyOf,
  basicHeader,
  compiled,
  consumer,
  exchangeOf,
  jwtSecret,
  passwordOf,
  refusalOf,
  type Sent,
  told,
  upstreamRequest,
} from './identity.fixture.js';

const SECRET = 'a-secret-of-more-than-thirty-two-bytes';
const { consumers } = buildConsumers([
  consumer('jo', { customId: 'jo-custom', jwtSecrets: [jwtSecret('jo', SECRET)], groups: ['staff'] }),
  consumer('kay', { keyAuthCredentials: [apiKeyOf('kay-key')] }),
  consumer('bo', { basicAuthCredentials: [passwordOf('bo', 'pass')] }),
  consumer('guest', { customId: 'guest-custom' }),
  consumer('second-guest'),
]);

const TOKEN = `?jwt=${hmacToken({ alg: 'HS256' }, { iss: 'jo' }, SECRET)}`;
const KEY = ['apikey', 'kay-key'];
const PAIR = basicHeader('bo:pass');
const BAD_KEY = ['apikey', 'bad'];

const plugins = (anonymous: (string | undefined)[]) => [
  compiled(JWT_PLUGIN, { anonymous: anonymous[0] }, consumers),
  compiled(KEY_AUTH_PLUGIN, { anonymous: anonymous[1], hideCredentials: true }, consumers),
  compiled(BASIC_AUTH_PLUGIN, { anonymous: anonymous[2], hideCredentials: true }, consumers),
];
const AND = [undefined, undefined, undefined];
const OR = ['guest', 'guest', 'guest'];

const everything: Sent = { query: TOKEN, headers: [...KEY, ...PAIR] };

describe('authentication plugins of Kong together', () => {
  it.each<[row: string, anonymous: (string | undefined)[], sent: Sent, who: string]>([
    ['§2 AND: all pass, the last says who', AND, everything, 'bo'],
    ['§2 AND: the token is missing', AND, { headers: [...KEY, ...PAIR] }, 'jwt: Unauthorized'],
    [
      '§2 AND: the key is missing',
      AND,
      { query: TOKEN, headers: PAIR },
      'key-auth: No API key found in request',
    ],
    [
      '§2 AND: the key is bad',
      AND,
      { query: TOKEN, headers: [...BAD_KEY, ...PAIR] },
      'key-auth: Unauthorized',
    ],
    ['§2 AND: the password is missing', AND, { query: TOKEN, headers: KEY }, 'basic-auth: Unauthorized'],
    ['§2 OR: the token', OR, { query: TOKEN }, 'jo'],
    ['§2 OR: the key', OR, { headers: KEY }, 'kay'],
    ['§2 OR: the password', OR, { headers: PAIR }, 'bo'],
    ['§2 OR: the first that succeeds wins', OR, everything, 'jo'],
    ['§2 OR: a bad key does not keep a password from counting', OR, { headers: [...BAD_KEY, ...PAIR] }, 'bo'],
    ['§2 OR: a bad key after a token is not looked at', OR, { query: TOKEN, headers: BAD_KEY }, 'jo'],
    ['§2 OR: nothing', OR, {}, 'guest anonymous'],
    [
      '§2 OR: all bad',
      OR,
      { query: '?jwt=x', headers: [...BAD_KEY, ...basicHeader('bo:no')] },
      'guest anonymous',
    ],
    [
      '§2 OR: the anonymous consumer of the last one',
      ['guest', 'guest', 'second-guest'],
      {},
      'second-guest anonymous',
    ],
    [
      '§2 mixed: an anonymous client still needs a key',
      ['guest', undefined, 'guest'],
      {},
      'key-auth: No API key found in request',
    ],
    ['§2 mixed: an anonymous client with a key', ['guest', undefined, 'guest'], { headers: KEY }, 'kay'],
    [
      '§2 mixed: a token does not stand for a key that must be there',
      ['guest', undefined, 'guest'],
      { query: TOKEN },
      'key-auth: No API key found in request',
    ],
  ])('%s', async (_row, anonymous, sent, who) => {
    const exchange = exchangeOf(sent);

    const refusal = await refusalOf(plugins(anonymous), exchange);

    const { principal } = exchange;
    const accepted = `${principal?.consumer?.id}${principal?.credential === undefined ? ' anonymous' : ''}`;
    expect(refusal === undefined ? accepted : `${refusal.policy}: ${refusal.answer.message as string}`).toBe(
      who,
    );
  });

  it('§5 tells of the last consumer alone: what it has not is cleared', async () => {
    const exchange = exchangeOf(everything);

    await refusalOf(plugins(AND), exchange);

    expect(told(exchange, 'x-consumer-id')).toEqual(['bo']);
    expect(told(exchange, 'x-consumer-custom-id')).toEqual([]);
    expect(told(exchange, 'x-credential-identifier')).toEqual(['bo']);
  });

  it('§5 tells of the anonymous consumer, without a credential', async () => {
    const exchange = exchangeOf({
      headers: ['X-Credential-Identifier', 'forged', 'X-Anonymous-Consumer', 'false'],
    });

    await refusalOf(plugins(OR), exchange);

    expect(told(exchange, 'x-consumer-id')).toEqual(['guest']);
    expect(told(exchange, 'x-consumer-custom-id')).toEqual(['guest-custom']);
    expect(told(exchange, 'x-credential-identifier')).toEqual([]);
    expect(told(exchange, 'x-anonymous-consumer')).toEqual(['true']);
    expect(exchange.principal).toMatchObject({ method: 'anonymous', credential: undefined });
  });

  it('§5 clears X-Anonymous-Consumer when a later plugin accepts', async () => {
    const exchange = exchangeOf({ headers: PAIR });

    await refusalOf(plugins(OR), exchange);

    expect(told(exchange, 'x-anonymous-consumer')).toEqual([]);
    expect(told(exchange, 'x-consumer-id')).toEqual(['bo']);
  });

  it('hides keys and passwords also where another credential was accepted before', async () => {
    const exchange = exchangeOf(everything);

    await refusalOf(plugins(OR), exchange);

    expect(told(exchange, 'apikey')).toEqual([]);
    expect(told(exchange, 'authorization')).toEqual([]);
  });

  it('leaves the bearer token that was accepted in place when basic-auth hides its own', async () => {
    const bearer = ['Authorization', `Bearer ${TOKEN.slice(5)}`];
    const exchange = exchangeOf({ headers: bearer });

    await refusalOf(plugins(OR), exchange);

    expect(told(exchange, 'authorization')).toEqual([bearer[1]]);
  });

  it.each<[row: string, sent: Sent]>([
    ['§5 with a plugin that accepted', { query: TOKEN }],
    ['§5 with an anonymous client', {}],
  ])('%s: a transform that runs later can still change what the upstream is told', async (_row, sent) => {
    const exchange = exchangeOf(sent);
    await refusalOf(plugins(OR), exchange);

    exchange.call = exchange.call?.withEdits([
      { kind: 'rename', name: 'x-consumer-id', to: 'x-caller' },
      { kind: 'remove', name: 'x-consumer-username' },
      { kind: 'add', name: 'x-consumer-custom-id', value: 'not written: it is there' },
      { kind: 'add', name: 'x-consumer-groups', value: 'written' },
    ]);

    expect(told(exchange, 'x-consumer-id')).toEqual([]);
    expect(told(exchange, 'x-caller')).toEqual([sent.query === undefined ? 'guest' : 'jo']);
    expect(told(exchange, 'x-consumer-username')).toEqual([]);
    expect(told(exchange, 'x-consumer-custom-id')).toEqual([
      sent.query === undefined ? 'guest-custom' : 'jo-custom',
    ]);
    expect(told(exchange, 'x-consumer-groups')).toEqual(['written']);
  });

  it('§5 lets no client send these names on a route without any authentication plugin', () => {
    const names = [
      ...['X-Consumer-ID', 'x-consumer-custom-id', 'X-CONSUMER-USERNAME', 'X-Credential-Identifier'],
      ...[
        'X-Consumer-Groups',
        'X-Authenticated-Groups',
        'X-Anonymous-Consumer',
        'X_Consumer_Id',
        'x-consumer_username',
      ],
    ];
    const exchange = exchangeOf({ headers: names.flatMap((name) => [name, 'forged']) });

    expect(upstreamRequest(exchange).headers).not.toContain('forged');
    exchange.call = exchange.call?.withHeader('X-Other', '1');
    expect(upstreamRequest(exchange).headers).not.toContain('forged');
  });

  it('acl works behind them, with the consumer that was accepted', async () => {
    const acl = compiled(ACL_PLUGIN, { allow: ['staff'] }, consumers);
    const statuses = await Promise.all(
      [{ query: TOKEN }, { headers: KEY }, {}].map(
        async (sent) => (await refusalOf([...plugins(OR), acl], exchangeOf(sent)))?.answer.status,
      ),
    );

    expect(statuses).toEqual([undefined, 403, 401]);
  });

  it('runs in Kong’s order', () => {
    const order = [ACL_PLUGIN, BASIC_AUTH_PLUGIN, JWT_PLUGIN, KEY_AUTH_PLUGIN]
      .toSorted((one, other) => other.priority - one.priority)
      .map(({ name, priority }) => `${name} ${priority}`);

    expect(order).toEqual(['jwt 1450', 'key-auth 1250', 'basic-auth 1100', 'acl 950']);
  });
});
