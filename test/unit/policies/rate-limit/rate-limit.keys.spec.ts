import { ThrottlerStorageService } from '@nestjs/throttler';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { type ObservedLimit, SILENT_LIMIT_OBSERVER } from '../../../../src/contracts/limit-observer.js';
import type { Stage } from '../../../../src/contracts/policy.js';
import { type Consumer, type Principal, principalOf } from '../../../../src/contracts/principal.js';
import { AdmissionLimitPolicy } from '../../../../src/policies/rate-limit/admission-limit.policy.js';
import { Limits } from '../../../../src/policies/rate-limit/limits.js';
import type { RateLimitOptions } from '../../../../src/policies/rate-limit/rate-limit.options.js';
import { RateLimitPolicy } from '../../../../src/policies/rate-limit/rate-limit.policy.js';
import { MemoryRateLimitStore } from '../../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { FakeClock, field, route } from './fixtures.js';

const consumer = (id: string, plan?: string): Consumer => ({
  id,
  name: undefined,
  customId: undefined,
  plan,
  groups: new Set(),
});

interface Sent {
  readonly address?: string;
  readonly principal?: Partial<Principal>;
  readonly headers?: readonly string[];
}

function sent({ address = '10.0.0.1', principal, headers = [] }: Sent = {}): Exchange {
  const req = { rawHeaders: headers } as never;
  const exchange = new Exchange(req, {} as never, 'GET', '/', '', address, 'id-1', 0, undefined);
  if (principal !== undefined) exchange.principal = principalOf({ method: 'jwt', ...principal });
  return exchange;
}

interface Setup {
  readonly store: MemoryRateLimitStore;
  readonly shadowed: ObservedLimit[];
  readonly costs: unknown[];
  readonly limits: RateLimitPolicy;
  readonly admission: AdmissionLimitPolicy;
}

function setup(): Setup {
  const store = new MemoryRateLimitStore({ clock: new FakeClock() });
  const shadowed: ObservedLimit[] = [];
  const costs: unknown[] = [];
  const observer = {
    ...SILENT_LIMIT_OBSERVER,
    wouldRefuse: (rule: ObservedLimit) => void shadowed.push(rule),
    costRefused: (_: ObservedLimit, said: unknown) => void costs.push(said),
  };
  const limits = new Limits(store, { throttlers: [] }, observer);
  return {
    store,
    shadowed,
    costs,
    limits: new RateLimitPolicy(limits),
    admission: new AdmissionLimitPolicy(limits),
  };
}

/** What is left of a window of one in a minute, by key. */
function opened(store: MemoryRateLimitStore, bucket: string) {
  const limiter = store.open({
    bucket,
    name: 'default',
    meters: [{ algorithm: 'fixed-window', limit: 1, burst: 1, windowMs: 60_000, calendar: undefined }],
  });
  return { limiter: (key: string) => limiter.hit(key, 0).standings[0]?.remaining };
}

const once = (options: Partial<RateLimitOptions>): RateLimitOptions => ({
  limit: 1,
  window: '1m',
  ...options,
});

/** Which of these the stage lets through. */
function passed(stage: Stage | undefined, ...all: readonly Exchange[]): readonly boolean[] {
  return all.map((exchange) => {
    try {
      void stage?.(exchange);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError);
      return false;
    }
  });
}

describe('a key of a rate limit', () => {
  const stageBy = (by: RateLimitOptions['by']): Stage =>
    setup().limits.compile(once(by === undefined ? {} : { by }), route()).before;

  it('is the consumer with whichever credential, and the address of those who are none', () => {
    const acme = { consumer: consumer('acme') };

    const answers = passed(
      stageBy('consumer'),
      sent({ principal: { ...acme, credential: 'key-1' } }),
      sent({ principal: { ...acme, credential: 'key-2' } }),
      sent({ principal: { consumer: consumer('other') } }),
      sent({ principal: { subject: 'acme' } }),
      sent({ principal: { subject: 'someone else' } }),
      sent({ address: '10.0.0.2' }),
    );

    expect(answers).toEqual([true, false, true, true, false, true]);
  });

  it('is the verified API key, and no credential of another method that bears its name', () => {
    const key = (credential: string) => sent({ principal: { method: 'api-key', credential } });

    const answers = passed(
      stageBy('api-key'),
      key('acme-1'),
      key('acme-1'),
      key('acme-2'),
      sent({ principal: { method: 'introspection', credential: 'acme-1' } }),
      sent({ principal: { method: 'introspection', credential: 'acme-2' } }),
    );

    expect(answers).toEqual([true, false, true, true, false]);
  });

  it('is a claim, where it holds one text or number, also deep in the token', () => {
    const claims = (tenant: unknown) => sent({ principal: { claims: { org: { tenant } } } });

    const answers = passed(
      stageBy({ claim: 'org.tenant' }),
      claims('a'),
      claims('a'),
      claims('b'),
      claims(7),
      claims('7'),
      claims(['a']),
      claims(['z']),
      claims(''),
      claims(null),
      sent({ principal: {} }),
    );

    expect(answers).toEqual([true, false, true, true, false, true, false, false, false, false]);
  });

  it('is a header in any case, and the address of those who send none or an empty one', () => {
    const tenant = (...values: string[]) =>
      sent({ headers: values.flatMap((value, i) => [i % 2 === 0 ? 'x-TENANT' : 'X-Tenant', value]) });

    const answers = passed(
      stageBy({ header: 'X-Tenant' }),
      tenant('a'),
      tenant('a'),
      tenant('b'),
      tenant('a', 'b'),
      tenant('a', 'b'),
      tenant(),
      tenant(''),
      sent({ headers: ['X-Tenants', 'a'] }),
    );

    expect(answers).toEqual([true, false, true, true, false, true, false, false]);
  });

  it('of 256 characters or fewer stands as it is, a longer one as its digest', () => {
    const { store, limits } = setup();
    const stage = limits.compile(once({ by: { header: 'X-Tenant' }, bucket: 'b' }), route()).before;
    const long = 'x'.repeat(5_000);

    const answers = passed(
      stage,
      sent({ headers: ['X-Tenant', long] }),
      sent({ headers: ['X-Tenant', long] }),
      sent({ headers: ['X-Tenant', `${long}y`] }),
      sent({ headers: ['X-Tenant', 'x'.repeat(256)] }),
    );

    const { limiter } = opened(store, 'b header:x-tenant');
    expect(answers).toEqual([true, false, true, true]);
    expect(limiter(long)).toBe(1);
    expect(limiter('x'.repeat(256))).toBe(0);
  });

  it('is a function that may know nobody: then it is the address', () => {
    const says = (...names: unknown[]) => {
      const left = [...names];
      return passed(
        stageBy(() => left.shift() as string),
        ...names.map(() => sent()),
      );
    };

    expect(says('a', undefined, '', 'a', {})).toEqual([true, true, false, false, false]);
  });

  it('is everybody on all routes of one bucket, and two buckets apart', () => {
    const { limits } = setup();
    const on = (id: string, bucket?: string) =>
      limits.compile(once({ by: 'global', ...(bucket === undefined ? {} : { bucket }) }), route({ id }))
        .before;

    const answers = [
      ...passed(on('GET /a'), sent()),
      ...passed(on('GET /b'), sent({ address: '10.0.0.2' })),
      ...passed(on('GET /a', 'other'), sent()),
    ];

    expect(answers).toEqual([true, false, true]);
  });

  it.each([
    [{ by: 'consumr' }, {}, "did you mean 'consumer'?"],
    [{ by: 'ApiKey' }, {}, "did you mean 'api-key'?"],
    [{ by: { clam: 'x' } }, {}, 'by.clam is not an option; did you mean by.claim?'],
    [{ by: { claim: '' } }, {}, 'by.claim is ""; must be the name of a claim.'],
    [{ by: { claim: undefined } }, {}, 'by.claim is undefined; must be a name.'],
    [{ by: { header: 'X Tenant' } }, {}, 'by.header is "X Tenant"; must be the name of a header.'],
    [{ by: { claim: 'a', header: 'b' } }, {}, 'must name one claim or one header.'],
    [{ by: {} }, {}, 'by is {}; must name one claim or one header.'],
    [{ by: null }, {}, 'by is null; must be subject,'],
    [{ by: 'consumer' }, { authenticated: false }, "by is 'consumer', but the route is public"],
    [{ by: { claim: 'a' } }, { authenticated: false }, 'by is a claim, but the route is public'],
    [{ by: 'api-key' }, { authenticated: false }, "by is 'api-key', but the route is public"],
    [
      { by: 'api-key' },
      { verifiedBy: ['jwt', 'basic'] },
      'identifies callers by jwt or basic, never by an API key',
    ],
    [{ by: 'api-key' }, { verifiedBy: [] }, 'identifies callers by nothing'],
    [
      { plans: { gold: { limit: 0, window: '1m' } } },
      {},
      'plans.gold.limit is 0; must be a whole number above 0.',
    ],
    [{ plans: { gold: { limt: 1, window: '1m' } } }, {}, 'did you mean plans.gold.limit?'],
    [{ plans: { gold: { limit: 1 } } }, {}, 'plans.gold.window is undefined'],
    [{ plans: { gold: null } }, {}, 'plans.gold is null; must be an object of options.'],
    [{ plans: {} }, {}, 'plans is empty'],
    [{ plans: [] }, {}, 'plans is []; must be an object of plans'],
    [{ plans: { 'a"b': { limit: 1, window: '1m' } } }, {}, 'must be named in printable ASCII'],
    [{ planBy: { claim: 'plan' } }, {}, 'planBy is given without plans'],
    [{ planBy: { clame: 'plan' }, plans: { a: { limit: 1, window: 1 } } }, {}, 'did you mean planBy.claim?'],
    [{ planBy: {}, plans: { a: { limit: 1, window: 1 } } }, {}, 'planBy.claim is undefined'],
    [{ by: 'route', plans: { a: { limit: 1, window: 1 } } }, {}, 'plans need a key of one caller'],
    [
      { plans: { a: { limit: 1, window: 1 } } },
      { authenticated: false },
      'the route is public and nobody has one',
    ],
    [{ cost: 0 }, {}, 'cost is 0; must be a whole number above 0 or a function.'],
    [{ cost: 1.5 }, {}, 'cost is 1.5; must be'],
    [{ cost: 'two' }, {}, 'cost is "two"; must be'],
    [{ cost: 2 }, {}, 'cost is 2; must be at most the limit, 1, or nothing passes.'],
    [{ cost: async () => 1 }, {}, 'cost is async'],
    [{ shadow: 'yes' }, {}, 'shadow is "yes"; must be true or false.'],
    [{ shadw: true }, {}, 'shadw is not an option; did you mean shadow?'],
  ] as const)('is refused at start: %j on %j', (options, facts, message) => {
    const problems = setup().limits.check(once(options as never), route(facts));

    expect(problems).toContainEqual(expect.stringContaining(message));
  });

  it('may be an API key wherever one could be accepted, or nobody knows', () => {
    const { limits } = setup();
    const problemsWith = (facts: object) => limits.check(once({ by: 'api-key' }), route(facts));

    expect(problemsWith({ verifiedBy: ['jwt', 'api-key'] })).toEqual([]);
    expect(problemsWith({})).toEqual([]);
  });

  it('reads in the boot table as it was meant', () => {
    const { limits, admission } = setup();
    const heavy = () => 2;

    expect(
      [
        { by: { claim: 'tenant' } },
        { by: { header: 'X-Tenant' } },
        { by: 'global', cost: heavy, shadow: true },
        { by: 'consumer', plans: { gold: { limit: 5, window: '1h' } } },
      ].map((options) => limits.describe(once(options as Partial<RateLimitOptions>))),
    ).toEqual([
      '1/1m by claim tenant',
      '1/1m by header X-Tenant',
      '1/1m by global, cost heavy, shadow',
      '1/1m by consumer, gold 5/1h',
    ]);
    expect(admission.describe({ limit: 3, window: '1s', shadow: true })).toBe('3/1s by address, shadow');
  });
});

describe('a plan', () => {
  const options: RateLimitOptions = {
    limit: 1,
    window: '1m',
    by: 'consumer',
    plans: { free: { limit: 2, window: '1m' }, gold: { limit: 4, window: '1h' } },
  };
  const times = (stage: Stage, count: number, principal: Partial<Principal>): number =>
    passed(stage, ...Array.from({ length: count }, () => sent({ principal }))).filter(Boolean).length;

  it("of the consumer chooses the limit; without one, or with another, the rule's own holds", () => {
    const stage = setup().limits.compile(options, route()).before;
    const through = (id: string, plan?: string) => times(stage, 9, { consumer: consumer(id, plan) });

    expect([through('a', 'free'), through('b', 'gold'), through('c', 'silver'), through('d')]).toEqual([
      2, 4, 1, 1,
    ]);
    expect(through('e', 'constructor')).toBe(1);
  });

  it('may be named by a claim', () => {
    const stage = setup().limits.compile({ ...options, planBy: { claim: 'plan' } }, route()).before;
    const through = (id: string, plan: unknown) =>
      times(stage, 9, { consumer: consumer(id, 'gold'), claims: { plan } });

    expect([
      through('a', 'free'),
      through('b', 'gold'),
      through('c', undefined),
      through('d', ['gold']),
    ]).toEqual([2, 4, 1, 1]);
  });

  it('is named with its numbers in the fields, as is its limit on the refusal', () => {
    const stage = setup().limits.compile(options, route()).before;
    const exchange = sent({ principal: { consumer: consumer('a', 'gold') } });

    void stage(exchange);

    expect(field(exchange.replyHeaders, 'RateLimit-Policy')).toBe('"default-gold";q=4;w=3600');
    expect(field(exchange.replyHeaders, 'RateLimit')).toBe('"default-gold";r=3;t=3600');
    expect(field(exchange.replyHeaders, 'X-RateLimit-Limit')).toBe('4');
  });

  it('that changes in a window of the same length does not begin anew', () => {
    const stage = setup().limits.compile(options, route()).before;

    const before = times(stage, 2, { consumer: consumer('a', 'free') });
    const after = times(stage, 1, { consumer: consumer('a') });

    expect([before, after]).toEqual([2, 0]);
  });
});

describe('the cost of a request', () => {
  const remaining = (exchange: Exchange) => field(exchange.replyHeaders, 'X-RateLimit-Remaining');

  it('is taken whole, or nothing of it', () => {
    const asked = [4, 4, 4, 2, 0, 1];
    const left = [...asked];
    const stage = setup().limits.compile(
      once({ limit: 10, cost: () => left.shift() as number }),
      route(),
    ).before;
    const all = asked.map(() => sent());

    expect(passed(stage, ...all)).toEqual([true, true, false, true, true, false]);
    expect(all.map(remaining)).toEqual(['6', '2', '2', '0', '0', '0']);
  });

  it('may be the same for all', () => {
    const stage = setup().limits.compile(once({ limit: 5, cost: 2 }), route()).before;

    expect(passed(stage, sent(), sent(), sent())).toEqual([true, true, false]);
  });

  it.each([[-1], [0.5], [Number.NaN], [Number.POSITIVE_INFINITY], ['3'], [undefined]])(
    'counts 1 where a function says %s, and that is reported',
    (said) => {
      const { limits, costs } = setup();
      const stage = limits.compile(once({ limit: 2, cost: () => said as number }), route()).before;

      expect(passed(stage, sent(), sent(), sent())).toEqual([true, true, false]);
      expect(costs).toEqual([said, said, said]);
    },
  );

  it('counts 1 where a function throws', () => {
    const { limits, costs } = setup();
    const error = new Error('no price');
    const cost = () => {
      throw error;
    };

    expect(passed(limits.compile(once({ cost }), route()).before, sent(), sent())).toEqual([true, false]);
    expect(costs).toEqual([error, error]);
  });

  it("needs the gateway's own store", () => {
    const storage = new ThrottlerStorageService();
    const limits = new RateLimitPolicy(new Limits(storage, { throttlers: [] }));

    const problems = limits.check(once({ limit: 5, cost: 2 }), route());
    storage.onApplicationShutdown();

    expect(problems).toEqual([expect.stringContaining('the store counts requests one by one')]);
  });
});

describe('a limit in the shadow', () => {
  it('refuses nobody, tells what would be, and reports each request it would have refused', () => {
    const { limits, shadowed } = setup();
    const stage = limits.compile(once({ shadow: true, bucket: 'b' }), route()).before;
    const all = [sent(), sent(), sent()];

    expect(passed(stage, ...all)).toEqual([true, true, true]);
    expect(shadowed).toHaveLength(2);
    expect(shadowed[0]).toEqual({
      policy: 'rate-limit',
      name: 'default',
      bucket: 'b',
      route: 'GET /api/users/:id',
    });
    expect(all[1]?.replyHeaders).toEqual([
      'X-RateLimit-Limit',
      '1',
      'X-RateLimit-Remaining',
      '0',
      'X-RateLimit-Reset',
      '60',
    ]);
  });

  it.each(['before', 'after'])('leaves the word to a limit that counts and stands %s it', (place) => {
    const { limits, admission } = setup();
    const real = { limit: 9, window: '1m' } as const;
    const inShadow = { limit: 3, window: '1m', shadow: true } as const;
    const stages = [
      admission.compile(place === 'before' ? real : inShadow, route()).before,
      limits.compile(place === 'before' ? inShadow : real, route()).before,
    ];
    const exchange = sent();

    for (const stage of stages) void stage?.(exchange);

    const name = place === 'before' ? 'admission' : 'default';
    expect(exchange.replyHeaders).toHaveLength(10);
    expect(field(exchange.replyHeaders, 'RateLimit')).toBe(`"${name}";r=8;t=60`);
    expect(field(exchange.replyHeaders, 'X-RateLimit-Limit')).toBe('9');
  });
});

describe('two limits on one route', () => {
  it.each([
    [9, 3, '3', '2'],
    [3, 9, '3', '2'],
  ])(
    'of %i and %i are two members of one field, and the old fields tell of the smaller',
    (first, second, most, left) => {
      const { limits, admission } = setup();
      const exchange = sent();
      exchange.replyHeaders.push('X-Own', 'stays');

      void admission.compile({ limit: first, window: '1s' }, route()).before?.(exchange);
      void limits.compile({ limit: second, window: '1m' }, route()).before(exchange);

      expect(exchange.replyHeaders.filter((_, i) => i % 2 === 0).sort()).toEqual([
        'RateLimit',
        'RateLimit-Policy',
        'X-Own',
        'X-RateLimit-Limit',
        'X-RateLimit-Remaining',
        'X-RateLimit-Reset',
      ]);
      expect(field(exchange.replyHeaders, 'RateLimit-Policy')).toBe(
        `"admission";q=${first};w=1, "default";q=${second};w=60`,
      );
      expect(field(exchange.replyHeaders, 'RateLimit')).toBe(
        `"admission";r=${first - 1};t=1, "default";r=${second - 1};t=60`,
      );
      expect(field(exchange.replyHeaders, 'X-RateLimit-Limit')).toBe(most);
      expect(field(exchange.replyHeaders, 'X-RateLimit-Remaining')).toBe(left);
    },
  );
});

describe('a limit before identity', () => {
  it('counts addresses, or everybody, and never together with one behind it', () => {
    const { limits, admission } = setup();
    const options = { limit: 1, window: '1m', by: 'address', bucket: 'same' } as const;
    const before = admission.compile(options, route()).before;
    const behind = limits.compile(options, route()).before;
    const everybody = admission.compile({ ...options, by: 'global' }, route()).before;

    expect(passed(before, sent(), sent(), sent({ address: '10.0.0.2' }))).toEqual([true, false, true]);
    expect(passed(behind, sent())).toEqual([true]);
    expect(passed(everybody, sent(), sent({ address: '10.0.0.9' }))).toEqual([true, false]);
  });

  it('names itself in what it refuses', () => {
    const stage = setup().admission.compile({ limit: 1, window: '1m' }, route()).before;
    void stage?.(sent());

    expect(() => stage?.(sent())).toThrow(
      expect.objectContaining({ code: 'rate-limited', policy: 'admission-limit' }),
    );
  });

  it('among the defaults counts each route apart by address, and all together by global', () => {
    const { admission } = setup();
    const on = (id: string, by: 'address' | 'global') =>
      passed(admission.compile({ limit: 1, window: '1m', by }, route({ id })).before, sent())[0];

    expect([on('GET /a', 'address'), on('GET /b', 'address')]).toEqual([true, true]);
    expect([on('GET /a', 'global'), on('GET /b', 'global')]).toEqual([true, false]);
  });

  it.each([
    [{ by: 'subject' }, 'by is "subject"; must be address or global, for nobody is known yet'],
    [{ by: 'adress' }, "did you mean 'address'?"],
    [{ cost: 2 }, 'cost is not an option'],
    [{ limit: undefined }, 'limit is undefined'],
    [{ window: '1w' }, 'window is "1w"'],
  ])('refuses at start what is wrong with it: %j', (options, message) => {
    const given = { limit: 1, window: '1m', ...options } as never;

    expect(setup().admission.check(given, route())).toEqual([expect.stringContaining(message)]);
  });
});
