import { type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import { principalOf } from '../../../../src/contracts/principal.js';
import { Limits } from '../../../../src/policies/rate-limit/limits.js';
import { NoRateLimit, RateLimit } from '../../../../src/policies/rate-limit/rate-limit.decorator.js';
import { type RateLimitOptions, windowMs } from '../../../../src/policies/rate-limit/rate-limit.options.js';
import { RateLimitPolicy } from '../../../../src/policies/rate-limit/rate-limit.policy.js';
import { MemoryRateLimitStore } from '../../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { exchangeFrom, FakeClock, field, route } from './fixtures.js';

function policyAt(clock = new FakeClock(), ipv6SubnetPrefix = 64): RateLimitPolicy {
  return limitsOn(new MemoryRateLimitStore({ clock }), ipv6SubnetPrefix);
}

const limitsOn = (storage: ThrottlerStorage, ipv6SubnetPrefix = 64): RateLimitPolicy =>
  new RateLimitPolicy(new Limits(storage, { throttlers: [], ipv6SubnetPrefix }));

/** Runs the stage; the error that ended the exchange, if any. */
async function refusal(
  stage: (exchange: Exchange) => unknown,
  exchange: Exchange,
): Promise<GatewayError | undefined> {
  try {
    await stage(exchange);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    return error as GatewayError;
  }
}

describe('a rate limit', () => {
  it('answers 429 with Retry-After from the first request over the limit until the window ends', async () => {
    const clock = new FakeClock();
    const { before: stage } = policyAt(clock).compile({ limit: 2, window: '1m' }, route());
    const call = () => refusal(stage, exchangeFrom('10.0.0.1', 'ann'));

    const answers = [await call(), await call(), await call()];
    clock.ms = 18_000;
    const later = await call();
    clock.ms = 60_000;
    const next = await call();

    expect(answers.slice(0, 2)).toEqual([undefined, undefined]);
    expect(answers[2]).toMatchObject({ code: 'rate-limited', status: 429, policy: 'rate-limit' });
    expect(field(answers[2]?.headers ?? [], 'Retry-After')).toBe('60');
    expect(field(later?.headers ?? [], 'Retry-After')).toBe('42');
    expect(next).toBeUndefined();
  });

  it('tells on every answer where the client stands', () => {
    const clock = new FakeClock();
    const { before: stage } = policyAt(clock).compile({ limit: 1000, window: '1m', name: 'users' }, route());
    const exchange = exchangeFrom('10.0.0.1', 'ann');
    stage(exchangeFrom('10.0.0.1', 'ann'));
    clock.ms = 17_500;

    stage(exchange);

    expect(exchange.replyHeaders).toEqual([
      'RateLimit-Policy',
      '"users";q=1000;w=60',
      'RateLimit',
      '"users";r=998;t=43',
      'X-RateLimit-Limit',
      '1000',
      'X-RateLimit-Remaining',
      '998',
      'X-RateLimit-Reset',
      '43',
    ]);
  });

  it('tells it on the refusal too, with nothing remaining', async () => {
    const { before: stage } = policyAt().compile({ limit: 1, window: '10s' }, route());
    stage(exchangeFrom('10.0.0.1', 'ann'));
    const exchange = exchangeFrom('10.0.0.1', 'ann');

    const error = await refusal(stage, exchange);

    expect(error?.headers).toEqual(['Retry-After', '10']);
    expect(field(exchange.replyHeaders, 'RateLimit')).toBe('"default";r=0;t=10');
    expect(field(exchange.replyHeaders, 'X-RateLimit-Remaining')).toBe('0');
  });

  it('keeps quiet with headers: false, but for Retry-After', async () => {
    const { before: stage } = policyAt().compile({ limit: 1, window: '10s', headers: false }, route());
    stage(exchangeFrom('10.0.0.1', 'ann'));
    const exchange = exchangeFrom('10.0.0.1', 'ann');

    const error = await refusal(stage, exchange);

    expect(exchange.replyHeaders).toEqual([]);
    expect(error?.headers).toEqual(['Retry-After', '10']);
  });

  it('leaves the window out of the policy field when it is no whole number of seconds', () => {
    const { before: stage } = policyAt().compile({ limit: 5, window: 1_500 }, route());
    const exchange = exchangeFrom('10.0.0.1', 'ann');

    stage(exchange);

    expect(field(exchange.replyHeaders, 'RateLimit-Policy')).toBe('"default";q=5');
  });

  it('does not wait for the embedded store', () => {
    const { before: stage } = policyAt().compile({ limit: 5, window: '1s' }, route());

    const waiting = stage(exchangeFrom('10.0.0.1', 'ann'));

    expect(waiting).toBeUndefined();
  });
});

describe('whom a rate limit counts', () => {
  const once = (options: Partial<RateLimitOptions>) =>
    ({ limit: 1, window: '1m', ...options }) as RateLimitOptions;

  it('is the subject, from whatever address, and not its namesake among addresses', async () => {
    const { before: stage } = policyAt().compile(once({}), route());

    const answers = [
      await refusal(stage, exchangeFrom('10.0.0.1', 'ann')),
      await refusal(stage, exchangeFrom('10.0.0.2', 'ann')),
      await refusal(stage, exchangeFrom('10.0.0.1', 'bob')),
      await refusal(stage, exchangeFrom('ann')),
    ];

    expect(answers.map((one) => one?.code)).toEqual([undefined, 'rate-limited', undefined, undefined]);
  });

  it('is the address where nobody is named, one for a whole IPv6 subnet', async () => {
    const { before: stage } = policyAt().compile(once({}), route({ authenticated: false }));

    const answers = [
      await refusal(stage, exchangeFrom('2001:db8::1')),
      await refusal(stage, exchangeFrom('2001:db8::ffff:1')),
      await refusal(stage, exchangeFrom('2001:db8:0:1::1')),
      await refusal(stage, exchangeFrom('::ffff:10.0.0.1')),
      await refusal(stage, exchangeFrom('10.0.0.1')),
    ];

    expect(answers.map((one) => one?.code)).toEqual([
      undefined,
      'rate-limited',
      undefined,
      undefined,
      'rate-limited',
    ]);
  });

  it('is the address for a credential that names nobody', async () => {
    const { before: stage } = policyAt().compile(once({ by: 'subject' }), route());
    const nameless = (address: string): Exchange => {
      const exchange = exchangeFrom(address);
      exchange.principal = principalOf({ method: 'api-key' });
      return exchange;
    };

    const answers = [
      await refusal(stage, nameless('10.0.0.1')),
      await refusal(stage, nameless('10.0.0.2')),
      await refusal(stage, nameless('10.0.0.1')),
    ];

    expect(answers.map((one) => one?.code)).toEqual([undefined, undefined, 'rate-limited']);
  });

  it('is the route or the upstream for everybody together when asked', async () => {
    for (const by of ['route', 'upstream'] as const) {
      const { before: stage } = policyAt().compile(once({ by }), route());

      const answers = [
        await refusal(stage, exchangeFrom('10.0.0.1', 'ann')),
        await refusal(stage, exchangeFrom('10.0.0.2', 'bob')),
      ];

      expect(answers.map((one) => one?.code)).toEqual([undefined, 'rate-limited']);
    }
  });

  it('is what a function of the team says, however long', async () => {
    const tenant = (exchange: Exchange) =>
      (exchange.clientAddress === '10.0.0.1' ? 'x' : 'y').repeat(100_000);
    const { before: stage } = policyAt().compile(once({ by: tenant }), route());

    const answers = [
      await refusal(stage, exchangeFrom('10.0.0.1', 'ann')),
      await refusal(stage, exchangeFrom('10.0.0.1', 'bob')),
      await refusal(stage, exchangeFrom('10.0.0.2', 'cid')),
    ];

    expect(answers.map((one) => one?.code)).toEqual([undefined, 'rate-limited', undefined]);
  });
});

describe('what counts together', () => {
  it('is the routes of a controller with one declaration, and not those of its namesake', async () => {
    const controllers = ['a.module', 'b.module'].map(() => {
      @RateLimit({ limit: 1, window: '1m' })
      class UsersController {}
      return UsersController;
    });
    const policy = policyAt();
    const [one, other, namesake] = [controllers[0], controllers[0], controllers[1]].map((controller, i) => {
      const options = declaredPolicies(controller as object)[0]?.options as RateLimitOptions;
      return policy.compile(options, route({ id: `GET /${i}` })).before;
    }) as [Stage, Stage, Stage];

    const answers = [
      await refusal(one, exchangeFrom('10.0.0.1', 'ann')),
      await refusal(other, exchangeFrom('10.0.0.1', 'ann')),
      await refusal(namesake, exchangeFrom('10.0.0.1', 'ann')),
    ];

    expect(answers.map((each) => each?.code)).toEqual([undefined, 'rate-limited', undefined]);
  });

  it('is a method alone when the method declares its own', async () => {
    @RateLimit({ limit: 1, window: '1m' })
    class OrdersController {
      @RateLimit({ limit: 1, window: '1m' })
      one(): void {}
    }
    const policy = policyAt();
    const stageOf = (holder: object) =>
      policy.compile(declaredPolicies(holder)[0]?.options as RateLimitOptions, route()).before;

    const answers = [
      await refusal(stageOf(OrdersController), exchangeFrom('10.0.0.1', 'ann')),
      await refusal(stageOf(OrdersController.prototype.one), exchangeFrom('10.0.0.1', 'ann')),
      await refusal(stageOf(OrdersController.prototype.one), exchangeFrom('10.0.0.1', 'ann')),
    ];

    expect(answers.map((each) => each?.code)).toEqual([undefined, undefined, 'rate-limited']);
  });

  it('is every declaration that names the same bucket', async () => {
    const policy = policyAt();
    const search: RateLimitOptions = { limit: 1, window: '1m', bucket: 'search' };
    const stages = [route({ id: 'GET /a' }), route({ id: 'GET /b' })].map(
      (facts) => policy.compile({ ...search }, facts).before,
    );

    const answers = [];
    for (const stage of stages) answers.push(await refusal(stage, exchangeFrom('10.0.0.1', 'ann')));

    expect(answers.map((each) => each?.code)).toEqual([undefined, 'rate-limited']);
  });

  it('is each route alone for options that were declared for all routes', async () => {
    const policy = policyAt();
    const options: RateLimitOptions = { limit: 1, window: '1m' };
    const stages = [route({ id: 'GET /a' }), route({ id: 'GET /b' })].map(
      (facts) => policy.compile(options, facts).before,
    );

    const answers = [];
    for (const stage of stages) answers.push(await refusal(stage, exchangeFrom('10.0.0.1', 'ann')));

    expect(answers).toEqual([undefined, undefined]);
  });
});

type Stage = ReturnType<RateLimitPolicy['compile']>['before'];

describe('a storage of the team', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is asked with a key that names bucket, kind and client, and its answer decides', async () => {
    const asked: unknown[][] = [];
    const storage: ThrottlerStorage = {
      increment: async (...question) => {
        asked.push(question);
        return { totalHits: 3, timeToExpire: 7, isBlocked: asked.length > 1, timeToBlockExpire: 5 };
      },
    };
    const policy = limitsOn(storage);
    const { before: stage } = policy.compile({ limit: 3, window: '10s', bucket: 'users' }, route());
    const [allowed, denied] = [exchangeFrom('10.0.0.1', 'ann'), exchangeFrom('10.0.0.1', 'ann')];

    const first = await refusal(stage, allowed);
    const second = await refusal(stage, denied);

    expect(asked[0]).toEqual(['users subject:ann', 10_000, 3, 10_000, 'default']);
    expect(first).toBeUndefined();
    expect(field(allowed.replyHeaders, 'RateLimit')).toBe('"default";r=0;t=7');
    expect(second?.headers).toEqual(['Retry-After', '5']);
  });

  it('may be the one that @nestjs/throttler brings', async () => {
    vi.useFakeTimers();
    const storage = new ThrottlerStorageService();
    const { before: stage } = limitsOn(storage).compile({ limit: 2, window: '1m' }, route());
    const call = () => refusal(stage, exchangeFrom('10.0.0.1', 'ann'));

    const answers = [await call(), await call(), await call()];
    vi.advanceTimersByTime(60_000);
    const next = await call();
    storage.onApplicationShutdown();

    expect(answers.map((one) => one?.code)).toEqual([undefined, undefined, 'rate-limited']);
    expect(next).toBeUndefined();
  });
});

describe('the declaration of a rate limit', () => {
  it('is told everything that is wrong with it at once', () => {
    const options = { limit: -1, window: '1w', by: 'ip', name: 'a"b', headers: 'no', bucket: '' };

    const problems = policyAt().check(options as unknown as RateLimitOptions, route());

    expect(problems).toEqual([
      'limit is -1; must be a whole number above 0.',
      `window is "1w"; must be whole milliseconds above 0 or a count with s, m, h, d, mo or y, like '10m'.`,
      'by is "ip"; must be subject, consumer, api-key, address, route, upstream, global, { claim }, { header } or a function.',
      `name is "a\\"b"; must be printable ASCII without quotes and backslashes.`,
      'headers is "no"; must be true, false or a function.',
      'bucket is ""; must be a name.',
    ]);
  });

  it('must say its number and its window, and may not be misspelled', () => {
    const options = { limits: 5 } as unknown as RateLimitOptions;

    const problems = policyAt().check(options, route());

    expect(problems).toEqual([
      'limits is not an option; did you mean limit?',
      'limit is undefined; must be a whole number above 0.',
      "window is undefined; must be whole milliseconds above 0 or a count with s, m, h, d, mo or y, like '10m'.",
    ]);
  });

  it('may not count by subject where nobody is asked who he is, nor by an upstream that is not there', () => {
    const policy = policyAt();
    const facts = route({ authenticated: false, upstream: undefined });

    const bySubject = policy.check({ limit: 1, window: '1s', by: 'subject' }, facts);
    const byUpstream = policy.check({ limit: 1, window: '1s', by: 'upstream' }, facts);
    const byDefault = policy.check({ limit: 1, window: '1s' }, facts);

    expect(bySubject).toEqual([
      "by is 'subject', but the route is public; authenticate it or count by: 'address'.",
    ]);
    expect(byUpstream).toEqual(["by is 'upstream', but the route has none; count by: 'route'."]);
    expect(byDefault).toEqual([]);
  });

  it('takes windows in milliseconds or with a unit, and nothing else', () => {
    const lengths = (['1s', '10m', '1h', '1d', '1mo', '2y', 1, 60_000] as const).map(windowMs);
    const refused = ['', '0s', '-1s', '1', '1 m', '1.5h', '1w', 0, -5, 1.5, Number.NaN, undefined, null].map(
      (one) => windowMs(one as never),
    );

    expect(lengths).toEqual([
      1_000, 600_000, 3_600_000, 86_400_000, 2_592_000_000, 63_072_000_000, 1, 60_000,
    ]);
    expect(refused.every(Number.isNaN)).toBe(true);
  });

  it('reads in the boot table as it was meant', () => {
    const policy = policyAt();

    const lines = [
      policy.describe({ limit: 1000, window: '1m', by: 'subject' }),
      policy.describe({ limit: 5, window: 86_400_000 }),
      policy.describe({
        limit: 5,
        window: 1_500,
        by: function tenant() {
          return '';
        },
      }),
    ];

    expect(lines).toEqual(['1000/1m by subject', '5/1d by subject or address', '5/1500ms by tenant']);
  });

  it('is switched off only with a reason', () => {
    @NoRateLimit('called by the balancer every second')
    class PingController {}

    const declared = declaredPolicies(PingController);

    expect(declared).toEqual([
      {
        policy: 'rate-limit',
        options: undefined,
        reason: 'called by the balancer every second',
        writtenAs: '@NoRateLimit',
      },
    ]);
    expect(() => NoRateLimit(' ')).toThrow('@NoRateLimit needs a reason');
  });
});
