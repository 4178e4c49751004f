import { describe, expect, it } from 'vitest';
import { SILENT_LIMIT_OBSERVER } from '../../../../src/contracts/limit-observer.js';
import type { RedisServerOptions, SharedStates } from '../../../../src/contracts/redis-server.js';
import { SecretText } from '../../../../src/contracts/secret-text.js';
import type { SharedState } from '../../../../src/contracts/shared-state.js';
import type { KongRateLimitingConfig } from '../../../../src/kong/kong-plugins.js';
import type { CompiledPlugin } from '../../../../src/kong/plugins/kong-plugin.js';
import { KongRefusal } from '../../../../src/kong/plugins/kong-refusal.js';
import { resetSeconds } from '../../../../src/kong/plugins/rate-limiting.fields.js';
import {
  RATE_LIMITING_PLUGIN,
  rateLimitingPlugin,
} from '../../../../src/kong/plugins/rate-limiting.plugin.js';
import { Limits } from '../../../../src/policies/rate-limit/limits.js';
import { RateLimitPolicy } from '../../../../src/policies/rate-limit/rate-limit.policy.js';
import { rateLimitStorage } from '../../../../src/policies/rate-limit/rate-limit.storage.js';
import {
  LimitStores,
  type LimitStoresParts,
} from '../../../../src/policies/rate-limit/stores/limit-stores.js';
import { FakeClock } from '../../policies/rate-limit/fixtures.js';
import { type Asked, exchangeOf, fieldsOf, placeOf } from './limits-and-logs.fixture.js';

const DEFAULTS: KongRateLimitingConfig = {
  limits: { minute: 2 },
  limitBy: 'consumer',
  headerName: undefined,
  path: undefined,
  policy: 'local',
  faultTolerant: true,
  hideClientHeaders: false,
  errorCode: 429,
  errorMessage: 'API rate limit exceeded',
  syncRate: -1,
  redis: undefined,
};
const REDIS = {
  host: 'limits.internal',
  port: 6379,
  timeoutMs: 2_000,
  username: 'kong',
  password: new SecretText('secret'),
  database: 3,
  ssl: true,
  sslVerify: false,
  serverName: 'redis.example',
};
/** 2026-03-14T09:26:53.250Z */
const NOW = Date.UTC(2026, 2, 14, 9, 26, 53, 250);

type Scope = Parameters<typeof placeOf>[3];

/** One gateway: its policies outlive the configurations that are compiled on them. */
class LimitingGateway {
  readonly clock = new FakeClock(NOW);
  readonly policy: RateLimitPolicy;
  readonly limits: Limits;

  constructor(parts: LimitStoresParts = {}) {
    const { clock } = this;
    const stores = new LimitStores({ clock, ...parts });
    // As the gateway chooses what it counts in.
    const own = rateLimitStorage({}, { clock, state: parts.state, observer: undefined });
    this.limits = new Limits(own, [], SILENT_LIMIT_OBSERVER, stores);
    this.policy = new RateLimitPolicy(this.limits);
  }

  compile(config: Partial<KongRateLimitingConfig> = {}, scope: Scope = {}): CompiledPlugin {
    const place = placeOf('rate-limiting', { ...DEFAULTS, ...config }, [this.policy], scope);
    return rateLimitingPlugin(this.clock).compile(place);
  }

  limit(config: Partial<KongRateLimitingConfig> = {}, scope: Scope = {}) {
    const { before } = this.compile(config, scope);
    return async (asked: Asked = {}) => {
      const exchange = exchangeOf(asked);
      let refusal: KongRefusal | undefined;
      try {
        await before?.(exchange);
      } catch (error) {
        expect(error).toBeInstanceOf(KongRefusal);
        refusal = error as KongRefusal;
      }
      return { status: refusal?.answer.status ?? 200, refusal, fields: fieldsOf(exchange.replyHeaders) };
    };
  }
}

describe('§6 rate-limiting: windows', () => {
  it.each([
    ['second', 999, 1_000],
    ['minute', 59_999, 60_000],
    ['hour', 3_599_999, 3_600_000],
    ['day', 86_399_999, 86_400_000],
    ['month', 31 * 86_400_000 - 1, 31 * 86_400_000],
    ['year', 365 * 86_400_000 - 1, 365 * 86_400_000],
  ] as const)('§6 rate-limiting: a %s is one of the calendar, in UTC', async (window, last, next) => {
    const gateway = new LimitingGateway();
    const call = gateway.limit({ limits: { [window]: 1 } });
    const start = { year: Date.UTC(2026, 0), month: Date.UTC(2026, 2) } as Record<string, number>;
    const begins = start[window] ?? Math.floor(NOW / next) * next;

    const statuses: number[] = [];
    for (const at of [NOW, begins + last, begins + next]) {
      gateway.clock.ms = at;
      statuses.push((await call()).status);
    }

    expect(statuses).toEqual([200, 429, 200]);
  });

  it('§6 rate-limiting: every window that is named must have room', async () => {
    const gateway = new LimitingGateway();
    const call = gateway.limit({ limits: { second: 2, minute: 3 } });
    const statuses: number[] = [];

    for (let i = 0; i < 3; i++) statuses.push((await call()).status);
    gateway.clock.ms += 1_000;
    for (let i = 0; i < 2; i++) statuses.push((await call()).status);

    expect(statuses).toEqual([200, 200, 429, 200, 429]);
  });

  it('§6 rate-limiting: with policy local only accepted requests count', async () => {
    const gateway = new LimitingGateway();
    const call = gateway.limit({ limits: { second: 1, minute: 2 } });

    for (let i = 0; i < 10; i++) await call();
    gateway.clock.ms += 1_000;

    expect((await call()).status).toBe(200);
  });
});

describe('§6 rate-limiting: fields', () => {
  it('§6 rate-limiting: tells each window, and of the tightest in three more', async () => {
    const call = new LimitingGateway().limit({ limits: { second: 5, minute: 3, hour: 100 } });

    expect((await call()).fields).toEqual({
      'X-RateLimit-Limit-Second': '5',
      'X-RateLimit-Remaining-Second': '4',
      'X-RateLimit-Limit-Minute': '3',
      'X-RateLimit-Remaining-Minute': '2',
      'X-RateLimit-Limit-Hour': '100',
      'X-RateLimit-Remaining-Hour': '99',
      'RateLimit-Limit': '3',
      'RateLimit-Remaining': '2',
      // 53.25 seconds of the minute are gone.
      'RateLimit-Reset': '7',
    });
  });

  it('§6 rate-limiting: of two windows that leave as much, the longer is told', async () => {
    const call = new LimitingGateway().limit({ limits: { minute: 3, hour: 3 } });

    expect((await call()).fields).toMatchObject({
      'RateLimit-Limit': '3',
      'RateLimit-Remaining': '2',
      'RateLimit-Reset': String(3600 - 26 * 60 - 53),
    });
  });

  it('§6 rate-limiting: a refusal has them too, with Retry-After equal to the reset', async () => {
    const call = new LimitingGateway().limit({ limits: { minute: 1 } });
    await call();

    const { refusal, fields } = await call();

    expect(refusal?.answer).toEqual({
      status: 429,
      message: 'API rate limit exceeded',
      headers: ['Retry-After', '7'],
    });
    expect(refusal).toMatchObject({ code: 'rate-limited', policy: 'rate-limiting' });
    expect(fields).toEqual({
      'X-RateLimit-Limit-Minute': '1',
      'X-RateLimit-Remaining-Minute': '0',
      'RateLimit-Limit': '1',
      'RateLimit-Remaining': '0',
      'RateLimit-Reset': '7',
    });
  });

  it("§6 rate-limiting: the gateway's own fields are not sent", async () => {
    const names = Object.keys((await new LimitingGateway().limit()()).fields);

    expect(names).not.toContain('RateLimit');
    expect(names).not.toContain('RateLimit-Policy');
    expect(names).not.toContain('X-RateLimit-Limit');
  });

  it('§6 rate-limiting: hide_client_headers hides them all, Retry-After as well', async () => {
    const call = new LimitingGateway().limit({ limits: { minute: 1 }, hideClientHeaders: true });

    const answers = [await call(), await call()];

    expect(answers.map(({ fields }) => fields)).toEqual([{}, {}]);
    expect(answers[1]?.refusal?.answer).toEqual({ status: 429, message: 'API rate limit exceeded' });
  });

  it('§6 rate-limiting: error_code and error_message are said in place of its own', async () => {
    const call = new LimitingGateway().limit({
      limits: { day: 1 },
      errorCode: 403,
      errorMessage: 'Come back',
    });
    await call();

    expect((await call()).refusal?.answer).toMatchObject({ status: 403, message: 'Come back' });
  });

  it.each([
    ['second', 1, '2026-03-14T09:26:53.999Z', 1],
    ['minute', 6_750, '2026-03-14T09:26:53.250Z', 7],
    ['minute', 60_000, '2026-03-14T09:26:00.000Z', 60],
    ['hour', 1, '2026-03-14T09:59:59.999Z', 1],
    ['day', 86_400_000, '2026-03-14T00:00:00.000Z', 86_400],
    ['month', 31 * 86_400_000, '2026-03-01T00:00:00.000Z', 2_592_000],
    ['month', 86_400_000, '2026-03-31T00:00:00.000Z', 1],
    ['month', 1_000, '2026-02-28T23:59:59.000Z', 2 * 86_400 + 1],
    ['year', 365 * 86_400_000, '2026-01-01T00:00:00.000Z', 31_536_000],
    ['year', 86_400_000, '2028-12-31T00:00:00.000Z', 1],
  ] as const)(
    '§6 rate-limiting: of a %s with %i ms to go at %s the reset is %i',
    (window, ms, at, seconds) => {
      expect(resetSeconds(window, ms, Date.parse(at))).toBe(seconds);
    },
  );
});

describe('§6 rate-limiting: whom it counts', () => {
  const ann = { consumer: 'ann', credential: 'key-1' };
  /** Whether both count together: two pass where nobody may call twice. */
  it.each<[string, Partial<KongRateLimitingConfig>, Asked, Asked, boolean, Scope?]>([
    ['consumer', { limitBy: 'consumer' }, ann, { ...ann, credential: 'key-2', address: '10.0.0.2' }, true],
    ['consumer', { limitBy: 'consumer' }, ann, { consumer: 'bob' }, false],
    [
      'consumer',
      { limitBy: 'consumer' },
      { credential: 'a' },
      { credential: 'a', address: '10.0.0.2' },
      true,
    ],
    ['consumer', { limitBy: 'consumer' }, { credential: 'a' }, { credential: 'b' }, false],
    ['consumer', { limitBy: 'consumer' }, {}, {}, true],
    ['consumer', { limitBy: 'consumer' }, {}, { address: '10.0.0.2' }, false],
    ['credential', { limitBy: 'credential' }, ann, { ...ann, address: '10.0.0.2' }, true],
    ['credential', { limitBy: 'credential' }, ann, { ...ann, credential: 'key-2' }, false],
    ['credential', { limitBy: 'credential' }, { consumer: 'ann' }, { consumer: 'bob' }, true],
    ['ip', { limitBy: 'ip' }, ann, { consumer: 'bob', credential: 'key-2' }, true],
    ['ip', { limitBy: 'ip' }, ann, { ...ann, address: '10.0.0.2' }, false],
    ['ip', { limitBy: 'ip' }, { address: '2001:db8::1' }, { address: '2001:db8::2' }, true],
    [
      'ip',
      { limitBy: 'ip' },
      { address: '2001:db8::1' },
      { address: '2001:db8::2' },
      false,
      { strict: true },
    ],
    ['service', { limitBy: 'service' }, ann, { consumer: 'bob', address: '10.0.0.2' }, true],
    ['service', { limitBy: 'service' }, ann, { ...ann, address: '10.0.0.2' }, false, { without: 'service' }],
    [
      'header',
      { limitBy: 'header', headerName: 'X-Tenant' },
      { headers: ['x-tenant', 'a'] },
      { headers: ['X-TENANT', 'a'], address: '10.0.0.2' },
      true,
    ],
    [
      'header',
      { limitBy: 'header', headerName: 'X-Tenant' },
      { headers: ['X-Tenant', 'a'] },
      { headers: ['X-Tenant', 'b'] },
      false,
    ],
    [
      'header',
      { limitBy: 'header', headerName: 'X-Tenant' },
      { headers: ['X-Tenant', '10.0.0.2'] },
      { address: '10.0.0.2' },
      false,
    ],
    ['header', { limitBy: 'header', headerName: 'X-Tenant' }, {}, { address: '10.0.0.2' }, false],
    ['path', { limitBy: 'path', path: '/orders' }, {}, { address: '10.0.0.2' }, true],
    ['path', { limitBy: 'path', path: '/orders' }, { path: '/orders/1' }, { path: '/orders/2' }, true],
    [
      'path',
      { limitBy: 'path', path: '/orders' },
      { path: '/orders/1' },
      { path: '/orders/1', address: '10.0.0.2' },
      false,
    ],
  ])('§6 rate-limiting: limit_by %s, row %#', async (_, config, first, second, together, scope = {}) => {
    const call = new LimitingGateway().limit({ ...config, limits: { day: 1 } }, scope);

    const answers = [await call(first), await call(second)];

    expect(answers.map(({ status }) => status)).toEqual([200, together ? 429 : 200]);
  });

  it.each<[string, Scope, Scope, boolean]>([
    ['two routes of one service instance', { service: 's' }, { service: 's' }, true],
    ['two instances on routes', { route: 'a' }, { route: 'b' }, false],
    ['an instance on a route and a global one', { route: 'a' }, {}, false],
    ['a consumer’s and a global one', { consumer: 'ann' }, {}, true],
    ['a route and a service of one id', { route: 'a' }, { service: 'a' }, false],
  ])('§6 rate-limiting: %s count together or not as their scopes say', async (_, one, other, together) => {
    const gateway = new LimitingGateway();
    const first = gateway.limit({ limits: { day: 1 } }, one);
    const second = gateway.limit({ limits: { day: 1 } }, other);

    await first();

    expect((await second()).status).toBe(together ? 429 : 200);
  });

  it('§6 rate-limiting: an unchanged instance keeps its counts when the file is read anew', async () => {
    const gateway = new LimitingGateway();
    const old = gateway.compile({ limits: { day: 1 } }, { route: 'a' });
    await old.before?.(exchangeOf());

    const again = gateway.limit({ limits: { day: 1 } }, { route: 'a' });
    old.close?.();

    expect((await again()).status).toBe(429);
    expect(gateway.limits.open.list().map(({ routes }) => routes)).toEqual([
      ['kong all-orders'],
      ['kong all-orders'],
    ]);
  });

  it('§6 rate-limiting: what is no more in the file is no more in the list of limits', () => {
    const gateway = new LimitingGateway();

    gateway.compile().close?.();

    expect(gateway.limits.open.list()).toEqual([]);
  });
});

describe('§6 rate-limiting: policy redis', () => {
  const failing: SharedState = {
    get: () => Promise.reject(new Error('gone')),
    partOf: () => '',
    run: () => Promise.reject(new Error('gone')),
  };

  class NotedStates implements SharedStates {
    readonly opened: RedisServerOptions[] = [];
    closed = 0;

    constructor(readonly state: SharedState) {}

    open(server: RedisServerOptions) {
      this.opened.push(server);
      return { state: this.state, close: () => void this.closed++ };
    }
  }

  it('§6 rate-limiting: without a host it is REDIS_URL', async () => {
    const call = new LimitingGateway({ state: failing }).limit({ policy: 'redis', faultTolerant: false });

    expect((await call()).refusal?.code).toBe('limits-unavailable');
  });

  it('§6 rate-limiting: without a host and REDIS_URL it is the memory of the instance', async () => {
    const call = new LimitingGateway().limit({ policy: 'redis', limits: { minute: 1 } });
    const answers = [await call(), await call()];

    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
  });

  it('§6 rate-limiting: without a host and REDIS_URL the strict way does not load', () => {
    expect(() => new LimitingGateway().compile({ policy: 'redis' }, { strict: true })).toThrow(
      "store is 'redis', but REDIS_URL names none; set it, or name a Redis by its host.",
    );
  });

  it('§6 rate-limiting: with a host it is that server, until the configuration is replaced', () => {
    const states = new NotedStates(failing);
    const plugin = new LimitingGateway({ states }).compile({ policy: 'redis', redis: REDIS });

    expect(states.opened).toEqual([
      {
        host: 'limits.internal',
        port: 6379,
        timeoutMs: 2_000,
        username: 'kong',
        password: REDIS.password,
        database: 3,
        tls: { verify: false, serverName: 'redis.example' },
      },
    ]);
    expect(states.closed).toBe(0);
    plugin.close?.();
    expect(states.closed).toBe(1);
  });

  it('§6 rate-limiting: fault_tolerant lets requests pass without any field', async () => {
    const call = new LimitingGateway({ state: failing }).limit({ policy: 'redis' });

    expect(await call()).toMatchObject({ status: 200, fields: {} });
  });

  it.each([
    ['-1, denied requests consume too', -1, 429],
    ['0.5, they do not', 0.5, 200],
  ])('§6 rate-limiting: with sync_rate %s', async (_, syncRate, status) => {
    const gateway = new LimitingGateway();
    const call = gateway.limit({ policy: 'redis', syncRate, limits: { second: 1, minute: 3 } });

    for (let i = 0; i < 10; i++) await call();
    gateway.clock.ms += 1_000;

    expect((await call()).status).toBe(status);
  });

  it('§6 rate-limiting: fault_tolerant false answers 500', async () => {
    const call = new LimitingGateway({ state: failing }).limit({ policy: 'redis', faultTolerant: false });

    const { refusal } = await call();

    expect(refusal?.answer).toEqual({ status: 500, message: 'An unexpected error occurred' });
    expect(refusal?.code).toBe('limits-unavailable');
  });

  it.each([
    [-1, { minute: 1000 }, [1, 1]],
    [0.5, { minute: 1000 }, [1, 20]],
    [5, { minute: 100_000 }, [1, 100]],
    [5, { minute: 1000, hour: 20_000 }, [1, 20]],
    [5, { minute: 60 }, [1, 1]],
  ])(
    '§6 rate-limiting: with sync_rate %d and %o it asks for %o units at a time',
    async (syncRate, limits, units) => {
      const asked: unknown[] = [];
      const state: SharedState = {
        ...failing,
        run: (_script, keys, args) => {
          asked.push(args.slice(0, 2));
          return Promise.resolve([args[1], 0, ...keys.flatMap(() => [500, 1_000])]);
        },
      };
      const call = new LimitingGateway({ state }).limit({ policy: 'redis', syncRate, limits });

      await call();

      expect(asked).toEqual([units]);
    },
  );
});

it('§2 plugins: rate-limiting runs behind authentication and acl', () => {
  expect(RATE_LIMITING_PLUGIN).toMatchObject({ name: 'rate-limiting', priority: 910 });
});
