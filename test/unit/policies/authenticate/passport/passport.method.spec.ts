import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Exchange } from '../../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../../src/contracts/forward-call.js';
import { GatewayError } from '../../../../../src/contracts/gateway-error.js';
import { applyEdits, foldHeaderName } from '../../../../../src/contracts/header-edit.js';
import { PassportMethod } from '../../../../../src/policies/authenticate/passport/passport.method.js';
import {
  type NamedPassportOptions,
  type PassportOptions,
  passportProblems,
  passportStrategy,
} from '../../../../../src/policies/authenticate/passport/passport.options.js';
import type { StrategyRequest } from '../../../../../src/policies/authenticate/passport/strategy.request.js';
import { Refusal } from '../../../../../src/policies/authenticate/refusal.js';

/** What passport gives a strategy to act with. */
interface Actions {
  success(user: unknown, info?: unknown): void;
  fail(challenge?: unknown, status?: number): void;
  error(error: unknown): void;
  redirect(url: string, status?: number): void;
  pass(): void;
}

type Act = (this: Actions, request: StrategyRequest, options: Record<string, unknown>) => unknown;

const methodOf = (act: Act, options: PassportOptions<never> = {}) =>
  new PassportMethod({ authenticate: act } as never, { name: 'ldap', ...options } as NamedPassportOptions);

function exchangeWith(rawHeaders: readonly string[] = [], more: object = {}): Exchange {
  const headers = Object.fromEntries(
    rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1]]] : [])),
  );
  const req = { rawHeaders, headers, httpVersion: '1.1', socket: {}, ...more } as unknown as IncomingMessage;
  return new Exchange(req, {} as ServerResponse, 'GET', '/a', '?k=v', '192.0.2.1', 'id', 0, undefined);
}

const outcomeOf = async (act: Act, options?: PassportOptions<never>, exchange = exchangeWith()) =>
  methodOf(act, options).authenticate(exchange);

/** What it threw. */
const errorOf = async (act: Act, options?: PassportOptions<never>): Promise<GatewayError> => {
  const error: unknown = await outcomeOf(act, options).catch((thrown: unknown) => thrown);
  if (error instanceof GatewayError) return error;
  throw new Error('It did not fail.');
};

afterEach(() => {
  vi.useRealTimers();
});

describe('whom a strategy accepts', () => {
  it.each<[string, unknown, unknown, object]>([
    ['a name', 'ada', undefined, { subject: 'ada', claims: {} }],
    [
      'a number for an id',
      { id: 7, mail: 'a@b' },
      undefined,
      { subject: '7', claims: { id: 7, mail: 'a@b' } },
    ],
    [
      'claims',
      { sub: 'ada', id: 7, scope: 'a b' },
      undefined,
      { subject: 'ada', scopes: new Set(['a', 'b']) },
    ],
    ['scopes in the info', { username: 'ada' }, { scope: ['a'] }, { subject: 'ada', scopes: new Set(['a']) }],
    ['nobody in particular', { mail: 'a@b' }, undefined, { subject: undefined }],
  ])('is known by %s', async (_, user, info, expected) => {
    const outcome = await outcomeOf(function () {
      this.success(user, info);
    });

    expect(outcome).toMatchObject({ method: 'passport:ldap', consumer: undefined, ...expected });
  });

  it("is known as the team's own function says, over what is known by default", async () => {
    const descriptor = passportStrategy('ldap', {
      principal: (user: { uid: string; groups: string[] }, info) => ({
        subject: user.uid,
        claims: { groups: user.groups, info },
        credential: 'dn',
      }),
    });

    const outcome = await outcomeOf(function () {
      this.success({ uid: 'ada', groups: ['g'], scope: 'a' }, 'info');
    }, descriptor.options);

    expect(outcome).toEqual({
      method: 'passport:ldap',
      subject: 'ada',
      claims: { groups: ['g'], info: 'info' },
      credential: 'dn',
      consumer: undefined,
      scopes: new Set(['a']),
    });
  });

  it('is known without a wait when the strategy decides at once', () => {
    const outcome = methodOf(function () {
      this.success('ada');
    }).authenticate(exchangeWith());

    expect(outcome).not.toBeInstanceOf(Promise);
  });

  it.each([undefined, null, false])('is nobody when the user is %s', async (user) => {
    expect(
      await outcomeOf(function () {
        this.success(user);
      }),
    ).toBeInstanceOf(Refusal);
  });
});

describe('whom a strategy refuses', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['its challenge', 'Bearer realm="Users"', ['Bearer realm="Users"']],
    ['its challenges', ['Digest realm="a"', 'Basic realm="b"'], ['Digest realm="a"', 'Basic realm="b"']],
    ['no challenge', undefined, ['ldap']],
    ['an error in its place', new Error('No auth token'), ['ldap']],
    ['a message in its place', { message: 'Missing credentials' }, ['ldap']],
    ['a status in its place', 400, ['ldap']],
    ['a challenge that would split the answer', 'Bearer\r\nX: y', ['ldap']],
  ])('is told %s', async (_, challenge, challenges) => {
    const outcome = await outcomeOf(function () {
      this.fail(challenge);
    });

    expect(outcome).toMatchObject({ missing: false, challenges });
  });

  it('is told the challenge of the route where the strategy names none', async () => {
    const outcome = await outcomeOf(
      function () {
        this.fail();
      },
      { challenge: 'Bearer realm="x"' },
    );

    expect(outcome).toMatchObject({ challenges: ['Bearer realm="x"'] });
  });

  it.each<[string, Act]>([
    [
      'no login page',
      function () {
        this.redirect('https://idp.test/login?secret');
      },
    ],
    [
      'did not decide',
      function () {
        this.pass();
      },
    ],
  ])('is told that the route is %s', async (words, act) => {
    const outcome = await outcomeOf(act);

    expect(outcome).toMatchObject({ missing: false, detail: expect.stringContaining(words) });
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });

  it('showed nothing when none of the headers is there that the strategy reads', async () => {
    const refuse: Act = function () {
      this.fail();
    };
    const options = { credentialHeaders: ['X-Ticket'] };

    const none = await outcomeOf(refuse, options, exchangeWith(['Accept', 'x-ticket']));
    const some = await outcomeOf(refuse, options, exchangeWith(['x-TICKET', 'bad']));

    expect([none, some]).toMatchObject([{ missing: true }, { missing: false }]);
  });

  it('is whoever sends two credentials; the strategy is not asked', async () => {
    const act = vi.fn();

    const outcome = await outcomeOf(act, {}, exchangeWith(['Authorization', 'A', 'authorization', 'B']));

    expect(outcome).toBeInstanceOf(Refusal);
    expect(act).not.toHaveBeenCalled();
  });

  it('is whoever a thrown UnauthorizedException is about', async () => {
    const thrown = Object.assign(new Error('secret'), { getStatus: () => 401 });

    const outcome = await outcomeOf(function () {
      this.error(thrown);
    });

    expect(outcome).toBeInstanceOf(Refusal);
  });
});

describe('a strategy that fails', () => {
  it.each<[string, Act, string]>([
    [
      'tells of an error',
      function () {
        this.error(new Error('connect ECONNREFUSED 10.0.0.7:389'));
      },
      'identity-unavailable',
    ],
    [
      'throws',
      () => {
        throw new Error('at 10.0.0.7');
      },
      'internal',
    ],
    [
      'is an async function that throws',
      async () => {
        throw new Error('at 10.0.0.7');
      },
      'internal',
    ],
  ])('ends the request without a word about it when it %s', async (_, act, code) => {
    const error = await errorOf(act);

    expect(error).toMatchObject({ code, detail: undefined, policy: 'authenticate' });
    expect((error.cause as Error).message).toContain('The passport strategy "ldap" failed: ');
    expect(error.message).not.toContain('10.0.0.7');
  });

  it('does so too when the function that makes the principal throws or waits', async () => {
    const accept: Act = function () {
      this.success({});
    };

    const errors = await Promise.all([
      errorOf(accept, {
        principal: () => {
          throw new Error('x');
        },
      }),
      errorOf(accept, { principal: (async () => ({})) as never }),
    ]);

    expect(errors.map(({ code }) => code)).toEqual(['internal', 'internal']);
  });

  it('is given up when it never answers, and not heard later', async () => {
    vi.useFakeTimers();
    let late: (() => void) | undefined;
    const failing = errorOf(
      function () {
        late = () => this.success('ada');
      },
      { timeoutMs: 100 },
    );

    await vi.advanceTimersByTimeAsync(100);
    late?.();

    expect((await failing).code).toBe('identity-unavailable');
  });

  it('counts with the first thing it says', async () => {
    const outcome = await outcomeOf(function () {
      setImmediate(() => {
        this.fail();
        this.success('ada');
        this.error(new Error('x'));
      });
    });

    expect(outcome).toBeInstanceOf(Refusal);
  });

  it('leaves nothing of one request on the strategy for the next', async () => {
    const strategy = {
      seen: undefined as unknown,
      authenticate(this: Actions & { seen: unknown }, request: StrategyRequest) {
        const before = this.seen;
        this.seen = request.get('x-user');
        setImmediate(() => this.success({ id: this.seen, before }));
      },
    };
    const method = new PassportMethod(strategy as never, { name: 'ldap' });

    const both = await Promise.all(
      ['a', 'b'].map(async (user) => method.authenticate(exchangeWith(['X-User', user]))),
    );

    expect(both).toMatchObject([
      { subject: 'a', claims: { before: undefined } },
      { subject: 'b', claims: { before: undefined } },
    ]);
    expect(strategy.seen).toBeUndefined();
  });
});

describe('the request a strategy is handed', () => {
  it('says what was asked, by whom, and with which options', async () => {
    let seen: unknown[] = [];
    await outcomeOf(
      function (request, options) {
        const { method, url, path, query, ip, headers, protocol, secure, hostname, body } = request;
        seen = [method, url, path, query['k'], ip, headers['x-a'], protocol, secure, hostname, body];
        seen.push(request.get('X-A'), request.header('x-a'), request.socket.remoteAddress, options);
        this.success('x');
      },
      { options: { scope: 'read' } },
      exchangeWith(['Host', 'gateway:8080', 'X-A', '1'], { body: { a: 1 } }),
    );

    expect(seen).toEqual([
      'GET',
      '/a?k=v',
      '/a',
      'v',
      '192.0.2.1',
      '1',
      'http',
      false,
      'gateway',
      { a: 1 },
      '1',
      '1',
      '192.0.2.1',
      { scope: 'read' },
    ]);
  });

  it('is a copy: nothing that is written there reaches ours', async () => {
    const body = { a: { b: 1 } };
    const exchange = exchangeWith(['X-A', '1'], { body });
    const options = { scope: 'read' };

    await outcomeOf(
      function (request, given) {
        const open = request as unknown as Record<string, unknown>;
        request.headers['x-a'] = 'forged';
        request.rawHeaders.push('X-B', 'forged');
        (request.body as typeof body).a.b = 2;
        open['url'] = '/admin';
        open['user'] = 'root';
        given['scope'] = 'write';
        this.success('x');
      },
      { options },
      exchange,
    );

    expect(exchange.req.rawHeaders).toEqual(['X-A', '1']);
    expect(exchange.req.headers).toEqual({ 'x-a': '1' });
    expect([exchange.path, body, options]).toEqual(['/a', { a: { b: 1 } }, { scope: 'read' }]);
    expect(exchange.req).not.toHaveProperty('user');
  });
});

describe('what goes on to the upstream', () => {
  it('is all there is, unless the route names the headers of the credential', () => {
    const fields = ['X-Ticket', 't', 'X-Other', 'o'];
    const left = (options: PassportOptions<never>): string[] => {
      const call = new ForwardCall(exchangeWith(fields), 'GET', '/', '', undefined);
      const method = methodOf(() => {}, options);
      return applyEdits(fields, (method.conceal?.(call) ?? call).headerEdits, foldHeaderName);
    };

    expect(left({})).toEqual(fields);
    expect(left({ credentialHeaders: ['X-Ticket'] })).toEqual(['X-Other', 'o']);
  });
});

describe('mistakes in passportStrategy()', () => {
  it.each<[string, object]>([
    ['did you mean passportStrategy.timeoutMs', { timeoutMS: 1 }],
    ['timeoutMs is 0; must be a whole number, 1–60000', { timeoutMs: 0 }],
    ['principal is "sub"; must be a function', { principal: 'sub' }],
    ['challenge is', { challenge: 'a\r\nb' }],
    ['credentialHeaders is ["a b"]', { credentialHeaders: ['a b'] }],
  ])('are told: %s', (said, options) => {
    const { options: named } = passportStrategy('ldap', options as PassportOptions);

    expect(passportProblems(named, ['ldap']).join('\n')).toContain(said);
  });

  it.each(['lpad', '__proto__', 'session', ''])(
    'include the unknown name %j, with those there are',
    (name) => {
      const { options } = passportStrategy(name);

      expect(passportProblems(options, ['ldap', 'kerberos'])).toEqual([
        expect.stringContaining('(there are ldap, kerberos)'),
      ]);
    },
  );
});
