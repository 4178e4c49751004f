import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { type Consumer, type Principal, principalOf } from '../../../../src/contracts/principal.js';
import { AnonymousFactory } from '../../../../src/policies/authenticate/anonymous/anonymous.factory.js';
import { anonymous } from '../../../../src/policies/authenticate/anonymous/anonymous.options.js';
import type {
  AuthenticationMethod,
  AuthenticationMethodFactory,
  Outcome,
} from '../../../../src/policies/authenticate/authentication-method.js';
import { AuthenticationMethods } from '../../../../src/policies/authenticate/authentication-methods.js';
import {
  AllOfFactory,
  AnyOfFactory,
} from '../../../../src/policies/authenticate/combined/combined.factory.js';
import { allOf, anyOf } from '../../../../src/policies/authenticate/combined/combined.options.js';
import { ConsumerDirectory } from '../../../../src/policies/authenticate/consumers/consumer.directory.js';
import { ConsumerList } from '../../../../src/policies/authenticate/consumers/consumer.list.js';
import { Refusal } from '../../../../src/policies/authenticate/refusal.js';
import { exchangeWith } from './test-tokens.js';

const consumer = (id: string): Consumer => ({
  id,
  name: undefined,
  customId: undefined,
  plan: undefined,
  groups: new Set(),
});

const ADA = principalOf({ method: 'token', subject: 'ada' });
const SHOP = principalOf({ method: 'key', consumer: consumer('shop') });
const nothingSent = (way: string) => new Refusal(true, `No ${way} was sent.`, [way]);
const badCredential = (way: string) => new Refusal(false, `The ${way} is bad.`, [way]);

/** A method that says this, at once and, in a second run, after a wait. */
type Says = Outcome | GatewayError;

function methodsSaying(says: Readonly<Record<string, Says>>, waiting: boolean) {
  const factories = Object.entries(says).map(
    ([method, outcome]): AuthenticationMethodFactory => ({
      method,
      check: () => [],
      describe: () => method,
      create: (): AuthenticationMethod => ({
        authenticate: () => {
          if (!waiting && outcome instanceof GatewayError) throw outcome;
          if (!waiting) return outcome as Outcome;
          return outcome instanceof GatewayError ? Promise.reject(outcome) : Promise.resolve(outcome);
        },
        conceal: (call) => call.withoutHeader(`x-${method}`),
      }),
    }),
  );
  const consumers = new ConsumerDirectory();
  return new AuthenticationMethods([
    ...factories,
    new AnonymousFactory(consumers),
    new AnyOfFactory(),
    new AllOfFactory(),
  ] as AuthenticationMethodFactory[]);
}

const named = (method: string) => ({ method, options: {} });
const request = (): Exchange => exchangeWith(['Host', 'gateway']);

describe.each([
  ['methods that answer at once', false],
  ['methods that must wait', true],
])('any of several, with %s', (_name, waiting) => {
  const ask = async (says: Readonly<Record<string, Says>>, ...last: ReturnType<typeof anonymous>[]) =>
    await methodsSaying(says, waiting)
      .create(anyOf(...Object.keys(says).map(named), ...last))
      .authenticate(request());

  it('takes the first that accepts, and asks nobody behind it', async () => {
    const outcome = await ask({
      token: nothingSent('token'),
      key: SHOP,
      broken: new GatewayError('internal'),
    });

    expect(outcome).toBe(SHOP);
  });

  it('lets a second credential pass where the first was bad', async () => {
    expect(await ask({ token: badCredential('token'), key: SHOP })).toBe(SHOP);
  });

  it('says why the credential that was sent was refused, and how else to come in', async () => {
    const outcome = await ask({ token: nothingSent('token'), key: badCredential('key') });

    expect(outcome).toEqual(new Refusal(false, 'The key is bad.', ['token', 'key']));
  });

  it('says what is asked for where nothing was sent', async () => {
    const outcome = await ask({ token: nothingSent('token'), key: nothingSent('key') });

    expect(outcome).toEqual(new Refusal(true, 'No token was sent.', ['token', 'key']));
  });

  it('refuses nobody with 401 who might have been accepted had a server been there', async () => {
    const away = new GatewayError('identity-unavailable');

    await expect(ask({ token: away, key: nothingSent('key') })).rejects.toBe(away);
    expect(await ask({ token: away, key: SHOP })).toBe(SHOP);
  });

  it('counts a caller without any credential as the anonymous consumer', async () => {
    const outcome = (await ask(
      { token: nothingSent('token') },
      anonymous({ consumer: 'guest' }),
    )) as Principal;

    expect(outcome).toMatchObject({ method: 'anonymous', subject: undefined, consumer: { id: 'guest' } });
  });

  it('never takes a bad credential for none', async () => {
    const outcome = await ask({ token: badCredential('token') }, anonymous());

    expect(outcome).toEqual(new Refusal(false, 'The token is bad.', ['token']));
  });

  it('never takes a credential that could not be verified for none', async () => {
    const away = new GatewayError('identity-unavailable');

    await expect(ask({ token: away }, anonymous())).rejects.toBe(away);
  });
});

describe.each([
  ['methods that answer at once', false],
  ['methods that must wait', true],
])('all of several, with %s', (_name, waiting) => {
  const ask = async (says: Readonly<Record<string, Says>>) =>
    await methodsSaying(says, waiting)
      .create(allOf(...Object.keys(says).map(named)))
      .authenticate(request());

  it('is who the first says it is, with the consumer that is known', async () => {
    const outcome = (await ask({ token: ADA, key: SHOP })) as Principal;

    expect(outcome).toMatchObject({ subject: 'ada', method: 'token', consumer: { id: 'shop' } });
  });

  it('refuses when one of them does', async () => {
    expect(await ask({ token: ADA, key: badCredential('key') })).toEqual(badCredential('key'));
    expect(await ask({ token: badCredential('token'), key: SHOP })).toEqual(badCredential('token'));
  });
});

describe('what goes on to the upstream', () => {
  it('holds the credential of none of the methods, whichever accepted', () => {
    const exchange = exchangeWith(['x-token', 'a', 'x-key', 'b']);
    const method = methodsSaying({ token: ADA, key: SHOP }, false).create(
      anyOf(named('token'), named('key')),
    );

    const call = method.conceal?.(new ForwardCall(exchange, 'GET', '/', '', undefined));

    expect(call?.headerEdits).toEqual([
      { kind: 'remove', name: 'x-token' },
      { kind: 'remove', name: 'x-key' },
    ]);
  });
});

describe('the declaration', () => {
  const methods = methodsSaying({ token: ADA, key: SHOP }, false);

  it('is described as it reads', () => {
    expect(methods.describe(anyOf(allOf(named('token'), named('key')), anonymous()))).toBe(
      'token and key or anonymous as anonymous',
    );
  });

  it.each([
    [anyOf(named('token')), ['any-of names 1 methods; must be two or more.']],
    [allOf(), ['all-of names 0 methods; must be two or more.']],
    [
      anyOf(anonymous(), named('token')),
      ['any-of names anonymous() before other methods; must be the last.'],
    ],
    [
      anyOf(named('tokn'), anonymous({ consumer: '' })),
      [
        'the authentication method "tokn" is not known; must be one of token, key, anonymous, any-of, all-of.',
        'anonymous.consumer is ""; must be a consumer\'s id.',
      ],
    ],
  ])('%# is refused with every mistake it has', (descriptor, problems) => {
    expect(methods.check(descriptor)).toEqual(problems);
  });
});

describe('the anonymous consumer', () => {
  it('has the plan and the groups of its entry in the list of consumers, as that list is now', () => {
    const consumers = new ConsumerDirectory();
    const method = new AnonymousFactory(consumers).create({ consumer: 'guest' });
    const guest = { ...consumer('guest'), plan: 'free', groups: new Set(['guests']) };

    const before = method.authenticate(request()) as Principal;
    consumers.replace(new ConsumerList([{ consumer: guest, apiKeys: [], passwords: [], certificates: [] }]));
    const after = method.authenticate(request()) as Principal;

    expect(before.consumer).toEqual(consumer('guest'));
    expect(after.consumer).toBe(guest);
  });
});
