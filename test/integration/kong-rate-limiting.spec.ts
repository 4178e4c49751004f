import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SILENT_LIMIT_OBSERVER } from '../../src/contracts/limit-observer.js';
import { SecretText } from '../../src/contracts/secret-text.js';
import { RedisServers } from '../../src/framework/redis-servers.js';
import type { KongRateLimitingConfig } from '../../src/kong/kong-plugins.js';
import type { CompiledPlugin } from '../../src/kong/plugins/kong-plugin.js';
import { KongRefusal } from '../../src/kong/plugins/kong-refusal.js';
import { RATE_LIMITING_PLUGIN } from '../../src/kong/plugins/rate-limiting.plugin.js';
import type { EventLog } from '../../src/observability/events.js';
import { Limits } from '../../src/policies/rate-limit/limits.js';
import { RateLimitPolicy } from '../../src/policies/rate-limit/rate-limit.policy.js';
import { LimitStores } from '../../src/policies/rate-limit/stores/limit-stores.js';
import { MemoryRateLimitStore } from '../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { BrokenRedis } from '../support/broken.redis.js';
import { needs } from '../support/component.js';
import { RedisServer } from '../support/redis.server.js';
import { type Asked, exchangeOf, fieldsOf, placeOf } from '../unit/kong/plugins/limits-and-logs.fixture.js';

const redis = needs('redis-server');
const PASSWORD = 'a password: of "signs"';
const LINGER_MS = 100;

/** A gateway with connections of its own. */
class Instance {
  readonly events: [string, unknown][] = [];
  readonly servers: RedisServers;
  readonly #policy: RateLimitPolicy;

  constructor() {
    const note = (event: string, fields?: unknown): void => void this.events.push([event, fields]);
    const log: EventLog = { debug: note, info: note, warn: note, error: note };
    this.servers = new RedisServers(log, LINGER_MS);
    const stores = new LimitStores({ states: this.servers });
    this.#policy = new RateLimitPolicy(
      new Limits(new MemoryRateLimitStore(), [], SILENT_LIMIT_OBSERVER, stores),
    );
  }

  compile(config: KongRateLimitingConfig): CompiledPlugin {
    return RATE_LIMITING_PLUGIN.compile(placeOf('rate-limiting', config, [this.#policy], { route: 'r' }));
  }
}

async function ask({ before }: CompiledPlugin, asked: Asked = { consumer: 'ann' }) {
  const exchange = exchangeOf(asked);
  try {
    await before?.(exchange);
    return { status: 200, fields: fieldsOf(exchange.replyHeaders) };
  } catch (error) {
    if (!(error instanceof KongRefusal)) throw error;
    return { status: error.answer.status, fields: fieldsOf(exchange.replyHeaders) };
  }
}

redis.describe('§6 rate-limiting with policy redis', () => {
  let server: RedisServer;
  let instances: Instance[];
  const configOf = (given: Partial<KongRateLimitingConfig> = {}): KongRateLimitingConfig => ({
    limits: { day: 10 },
    limitBy: 'consumer',
    headerName: undefined,
    path: undefined,
    policy: 'redis',
    faultTolerant: true,
    hideClientHeaders: false,
    errorCode: 429,
    errorMessage: 'API rate limit exceeded',
    syncRate: -1,
    redis: {
      host: '127.0.0.1',
      port: server.port,
      timeoutMs: 2_000,
      username: undefined,
      password: new SecretText(PASSWORD),
      database: 0,
      ssl: false,
      sslVerify: false,
      serverName: undefined,
    },
    ...given,
  });
  /** The same configuration on both. */
  async function both(config: KongRateLimitingConfig): Promise<[CompiledPlugin, CompiledPlugin]> {
    const [one, other] = instances as [Instance, Instance];
    const compiled: [CompiledPlugin, CompiledPlugin] = [one.compile(config), other.compile(config)];
    await Promise.all([one.servers.settled(), other.servers.settled()]);
    return compiled;
  }

  async function scriptsRun(): Promise<number> {
    const stats = await server.client.info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, count]) => Number(count));
    return calls.reduce((sum, count) => sum + count, 0);
  }

  beforeAll(async () => {
    server = await RedisServer.start(redis.path as string, PASSWORD);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.client.flushall();
    instances = [new Instance(), new Instance()];
  });
  afterEach(() => {
    server.thaw();
    for (const { servers } of instances) servers.onApplicationShutdown();
  });

  it('lets exactly the limit pass, over two instances and all at once', async () => {
    const plugins = await both(configOf());

    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => ask(plugins[i % 2] as CompiledPlugin)),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(50);
  });

  it('tells on one instance what the other has counted', async () => {
    const [one, other] = await both(configOf());
    await ask(one);

    expect((await ask(other)).fields).toMatchObject({
      'X-RateLimit-Limit-Day': '10',
      'X-RateLimit-Remaining-Day': '8',
    });
  });

  it('counts denied requests in every window', async () => {
    const [one, other] = await both(configOf({ limits: { day: 1, month: 5 } }));

    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await ask(i % 2 === 0 ? one : other));

    expect(answers.map(({ status }) => status)).toEqual([200, 429, 429, 429, 429]);
    // As Kong tells it: what the window had left before the denied request took of it.
    expect(answers.map(({ fields }) => fields['X-RateLimit-Remaining-Month'])).toEqual([
      '4',
      '4',
      '3',
      '2',
      '1',
    ]);
    const counts = await Promise.all((await server.client.keys('*')).map((key) => server.client.get(key)));
    expect(counts).toEqual(['5', '5']);
  });

  it('gives every count a lifetime', async () => {
    const [one] = await both(configOf({ limits: { second: 1, day: 5, month: 5, year: 5 } }));
    await ask(one);
    await ask(one);

    const left = await Promise.all((await server.client.keys('*')).map((key) => server.client.ttl(key)));

    expect(left.length).toBeGreaterThanOrEqual(3);
    for (const seconds of left) expect(seconds).toBeGreaterThanOrEqual(0);
  });

  it('with sync_rate no instance asks for each request, and together they never pass the limit', async () => {
    const plugins = await both(configOf({ limits: { day: 200 }, syncRate: 1 }));
    const before = await scriptsRun();

    const answers = [];
    for (let i = 0; i < 150; i++) answers.push(await ask(plugins[i % 2] as CompiledPlugin));
    const after = await scriptsRun();
    for (let i = 0; i < 100; i++) answers.push(await ask(plugins[i % 2] as CompiledPlugin));

    expect(after - before).toBeLessThan(50);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(200);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(190);
  });

  it('uses one connection for equal settings, and keeps it when the configuration is read anew', async () => {
    const [one] = instances as [Instance];
    const old = [one.compile(configOf()), one.compile(configOf({ limits: { hour: 3 } }))];
    await one.servers.settled();

    const again = one.compile(configOf());
    for (const plugin of old) plugin.close?.();
    await sleep(3 * LINGER_MS);

    expect(one.servers.size).toBe(1);
    expect(one.events.map(([event]) => event)).toEqual(['redis.connected']);
    expect((await ask(again)).status).toBe(200);
  });

  it('closes the connection when the configuration that named it is replaced, but not at once', async () => {
    const [one] = instances as [Instance];
    const plugin = one.compile(configOf());
    await one.servers.settled();

    plugin.close?.();
    plugin.close?.();
    const underWay = await ask(plugin);
    await sleep(3 * LINGER_MS);

    expect(underWay.fields).toHaveProperty('X-RateLimit-Remaining-Day', '9');
    expect(one.servers.size).toBe(0);
  });

  it('another database is another connection and another count', async () => {
    const [one] = instances as [Instance];
    const config = configOf({ limits: { day: 1 } });
    const second = {
      ...config,
      redis: { ...(config.redis as object), database: 1 },
    } as KongRateLimitingConfig;
    const plugins = [one.compile(config), one.compile(second)];
    await one.servers.settled();

    expect((await Promise.all(plugins.map((plugin) => ask(plugin)))).map(({ status }) => status)).toEqual([
      200, 200,
    ]);
    expect(one.servers.size).toBe(2);
  });

  it('while Redis hangs, fault_tolerant lets pass: the first waits for the timeout of the configuration, others not', async () => {
    const base = configOf();
    const [one] = await both({
      ...base,
      redis: { ...(base.redis as never as object), timeoutMs: 300 } as never,
    });
    server.freeze();

    const startedAt = performance.now();
    const first = await ask(one);
    const firstMs = performance.now() - startedAt;
    const second = await ask(one);
    const secondMs = performance.now() - startedAt - firstMs;

    expect([first, second]).toEqual([
      { status: 200, fields: {} },
      { status: 200, fields: {} },
    ]);
    expect(firstMs).toBeGreaterThan(250);
    expect(secondMs).toBeLessThan(100);
  });

  it.each(['silent', 'cut', 'nonsense', 'loading', 'read-only', 'full'] as const)(
    'a Redis that is %s is a 500 with fault_tolerant false, and a pass with true',
    async (fault) => {
      const broken = await BrokenRedis.start(fault);
      try {
        const [one] = instances as [Instance];
        const at = {
          host: '127.0.0.1',
          port: Number(new URL(broken.url).port),
          timeoutMs: 200,
          password: undefined,
        };
        const redisAt = { ...(configOf().redis as object), ...at } as never;
        const strict = one.compile(configOf({ redis: redisAt, faultTolerant: false }));
        const lax = one.compile(configOf({ redis: redisAt }));

        expect([(await ask(strict)).status, (await ask(lax)).status]).toEqual([500, 200]);
      } finally {
        for (const { servers } of instances) servers.onApplicationShutdown();
        await broken.close();
      }
    },
  );

  it('a wrong password is told in the log, without the password', async () => {
    const [one] = instances as [Instance];
    const config = configOf();
    one.compile({
      ...config,
      redis: { ...(config.redis as object), password: new SecretText('wrong-one') } as never,
    });
    await one.servers.settled();

    expect(one.events[0]?.[0]).toBe('redis.lost');
    expect(JSON.stringify(one.events)).toContain('WRONGPASS');
    expect(JSON.stringify(one.events)).not.toContain('wrong-one');
  });
});
