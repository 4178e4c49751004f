import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../../src/contracts/forward-call.js';
import type { GatewayError } from '../../../../../src/contracts/gateway-error.js';
import { applyEdits, foldHeaderName } from '../../../../../src/contracts/header-edit.js';
import type { Principal } from '../../../../../src/contracts/principal.js';
import { BasicMethod } from '../../../../../src/policies/authenticate/basic/basic.method.js';
import {
  BASIC_DEFAULTS,
  type BasicOptions,
} from '../../../../../src/policies/authenticate/basic/basic.options.js';
import { HashWork } from '../../../../../src/policies/authenticate/basic/hash-work.js';
import { PasswordVerifier } from '../../../../../src/policies/authenticate/basic/password.verifier.js';
import { hashPassword } from '../../../../../src/policies/authenticate/basic/password-hash.js';
import { ConsumerDirectory } from '../../../../../src/policies/authenticate/consumers/consumer.directory.js';
import { ConsumerList } from '../../../../../src/policies/authenticate/consumers/consumer.list.js';
import { Refusal } from '../../../../../src/policies/authenticate/refusal.js';
import { exchangeWith, FakeClock } from '../test-tokens.js';

const CHEAP = { ln: 14, r: 8, p: 1 };
const HASH = await hashPassword('open: sesame', CHEAP);
const UMLAUT = await hashPassword('pässwörd', CHEAP);
const TEAM = { id: 'c-1', name: 'Reports', customId: undefined, plan: 'gold', groups: new Set<string>() };

const listOf = (passwords: Readonly<Record<string, string>>): ConsumerList =>
  new ConsumerList([
    {
      consumer: TEAM,
      apiKeys: [],
      certificates: [],
      passwords: Object.entries(passwords).map(([username, hash]) => ({
        username,
        hash,
        scopes: new Set(['reports:read']),
      })),
    },
  ]);

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const sent = (text: string | Buffer, scheme = 'Basic'): Exchange =>
  exchangeWith(['Authorization', `${scheme} ${base64(text)}`]);

function methodWith(options: BasicOptions = {}, work = new HashWork()) {
  const consumers = new ConsumerDirectory();
  consumers.replace(listOf({ ali: HASH, jürgen: UMLAUT, broken: 'plain' }));
  const clock = new FakeClock();
  const method = new BasicMethod({ options: { ...BASIC_DEFAULTS, ...options }, consumers, work, clock });
  return { method, consumers, clock };
}

describe('user name and password', () => {
  it('name the consumer, the user and the scopes', async () => {
    const { method } = methodWith();

    const principal = await method.authenticate(sent('ali:open: sesame'));

    expect(principal).toEqual({
      subject: 'ali',
      scopes: new Set(['reports:read']),
      claims: {},
      method: 'basic',
      consumer: TEAM,
      credential: 'ali',
    });
  });

  it.each(['basic', 'BASIC'])('are taken with the scheme spelled %s', async (scheme) => {
    const principal = await methodWith().method.authenticate(sent('ali:open: sesame', scheme));

    expect(principal).not.toBeInstanceOf(Refusal);
  });

  it('are the same however an accent is composed', async () => {
    const principal = await methodWith().method.authenticate(sent('jürgen:pässwörd'.normalize('NFD')));

    expect(principal).toMatchObject({ subject: 'jürgen' });
  });

  it.each([
    ['an unknown name', 'eve:open: sesame'],
    ['a wrong password', 'ali:open'],
    ['an empty password', 'ali:'],
    ['an empty name', ':open: sesame'],
    ['a name that every object has', '__proto__:x'],
    ['a hash that cannot be used', 'broken:plain'],
    ['a name in another case', 'Ali:open: sesame'],
  ])('are refused with %s, in the same words', async (_, text) => {
    const refusal = await methodWith().method.authenticate(sent(text));

    expect(refusal).toEqual(
      new Refusal(false, 'The user name or the password is wrong.', [
        'Basic realm="gateway", charset="UTF-8"',
      ]),
    );
  });

  it.each<[string, string]>([
    ['without a colon', base64('ali')],
    ['that are no base64', '!!!!'],
    [
      'in base64url',
      base64(Buffer.from([0xfb, 0xff, 0x3a]))
        .replace('+', '-')
        .replace('/', '_'),
    ],
    ['without padding', base64('ali:x').replace(/=+$/, '')],
    ['with loose trailing bits', 'YWxpOnh='],
    ['with a second word', `${base64('ali:x')} x`],
    ['with a NUL', base64('ali\0:open: sesame')],
    ['with a line break', base64('ali:open\r\n')],
    ['with a control character of C1', base64('ali:\u0085')],
    ['that are not UTF-8', base64(Buffer.from([0x61, 0x3a, 0xff]))],
    ['in overlong UTF-8', base64(Buffer.from([0x61, 0x3a, 0xc0, 0xaf]))],
    ['of 1 MB', base64(`ali:${'x'.repeat(1_048_576)}`)],
    ['that are empty', ''],
  ])('are malformed %s', (_, token) => {
    const derive = vi.spyOn(PasswordVerifier.prototype, 'verify');

    const refusal = methodWith().method.authenticate(exchangeWith(['Authorization', `Basic ${token}`]));

    expect(refusal).toMatchObject({ missing: false, detail: 'The user name and password are malformed.' });
    expect(derive).not.toHaveBeenCalled();
    derive.mockRestore();
  });

  it('are refused when they were sent twice', () => {
    const field = ['Authorization', `Basic ${base64('ali:open: sesame')}`];

    const refusal = methodWith().method.authenticate(exchangeWith([...field, ...field]));

    expect(refusal).toMatchObject({ missing: false });
  });

  it.each([[[]], [['Authorization', 'Bearer x']]])('are missing in %j', (fields) => {
    const refusal = methodWith({ realm: 'reports' }).method.authenticate(exchangeWith(fields));

    expect(refusal).toMatchObject({
      missing: true,
      challenges: ['Basic realm="reports", charset="UTF-8"'],
    });
  });
});

describe('a verified pair', () => {
  it('is remembered for its time and no longer', async () => {
    const { method, clock } = methodWith({ rememberSeconds: 60 });
    const first = await method.authenticate(sent('ali:open: sesame'));

    clock.nowMs += 59_999;
    const within = method.authenticate(sent('ali:open: sesame'));
    clock.nowMs += 1;
    const beyond = method.authenticate(sent('ali:open: sesame'));

    expect(within).toBe(first);
    expect(beyond).toBeInstanceOf(Promise);
    await beyond;
  });

  it('is not remembered at all where it shall not be', async () => {
    const { method } = methodWith({ rememberSeconds: 0 });
    await method.authenticate(sent('ali:open: sesame'));

    const again = method.authenticate(sent('ali:open: sesame'));

    expect(again).toBeInstanceOf(Promise);
    await again;
  });

  it('is forgotten when the list is replaced, also while it is being checked', async () => {
    const { method, consumers } = methodWith();
    await method.authenticate(sent('ali:open: sesame'));
    const underWay = method.authenticate(sent('jürgen:pässwörd'));

    consumers.replace(ConsumerList.EMPTY);

    expect(await underWay).toBeInstanceOf(Refusal);
    expect(await method.authenticate(sent('ali:open: sesame'))).toBeInstanceOf(Refusal);
  });

  it('is worked out once for all that come at the same time', async () => {
    const { method } = methodWith();
    const verify = vi.spyOn(PasswordVerifier.prototype, 'verify');

    const all = await Promise.all(
      Array.from({ length: 20 }, async () => method.authenticate(sent('ali:open: sesame'))),
    );

    expect(new Set(all).size).toBe(1);
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });

  it('is never one that was refused', async () => {
    const { method } = methodWith();
    const verify = vi.spyOn(PasswordVerifier.prototype, 'verify');

    await method.authenticate(sent('ali:wrong'));
    await method.authenticate(sent('ali:wrong'));

    expect(verify).toHaveBeenCalledTimes(2);
    verify.mockRestore();
  });
});

describe('passwords that come faster than they can be checked', () => {
  it('are turned away with 503 once the queue is full, while remembered pairs pass', async () => {
    const { method } = methodWith({}, new HashWork(1, 2));
    const known = (await method.authenticate(sent('ali:open: sesame'))) as Principal;

    const attempts = Array.from({ length: 5 }, async (_, i) => method.authenticate(sent(`eve:${i}`)));
    const meanwhile = method.authenticate(sent('ali:open: sesame'));
    const outcomes = await Promise.allSettled(attempts);

    expect(meanwhile).toBe(known);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    const { reason } = outcomes[4] as PromiseRejectedResult;
    expect(reason as GatewayError).toMatchObject({
      code: 'overloaded',
      reason: 'password-queue-full',
      headers: ['Retry-After', '1'],
    });
    expect(await method.authenticate(sent('jürgen:pässwörd'))).toMatchObject({ subject: 'jürgen' });
  });
});

describe('a name that nobody has', () => {
  it('costs what the hashes of the list cost', async () => {
    const median = async (text: (i: number) => string): Promise<number> => {
      const { method } = methodWith({ rememberSeconds: 0 });
      const times: number[] = [];
      for (let i = 0; i < 9; i++) {
        const start = performance.now();
        await method.authenticate(sent(text(i)));
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[4] as number;
    };

    const wrong = await median((i) => `ali:wrong${i}`);
    const unknown = await median((i) => `eve${i}:wrong`);

    expect(unknown / wrong).toBeGreaterThan(0.6);
    expect(unknown / wrong).toBeLessThan(1.6);
  });
});

describe('what goes on to the upstream', () => {
  const conceal = (method: BasicMethod, fields: string[]): string[] => {
    const call = new ForwardCall(exchangeWith(fields), 'GET', '/', '', undefined);
    const { headerEdits, clientHeaders } = method.conceal?.(call) ?? call;
    return applyEdits(clientHeaders, headerEdits, foldHeaderName);
  };

  it('holds no password unless the route says so', () => {
    const fields = ['authorization', `basic ${base64('ali:x')}`, 'Accept', '*/*'];

    expect(conceal(methodWith().method, fields)).toEqual(['Accept', '*/*']);
    expect(conceal(methodWith({ forward: true }).method, fields)).toEqual(fields);
  });

  it("keeps another scheme's credentials", () => {
    const fields = ['Authorization', 'Bearer x'];

    expect(conceal(methodWith().method, fields)).toEqual(fields);
  });
});
