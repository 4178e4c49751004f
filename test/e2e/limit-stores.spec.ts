import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  RateLimit,
  RateLimitGuard,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/component.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { RedisServer } from '../support/redis.server.js';

const redis = needs('redis-server');
const SERVICE = defineUpstream('stored-service', { targets: env('UPSTREAM_URL'), breaker: false });
const PASSWORD = 'a-password';

function moduleOf(port: number) {
  const store = { host: '127.0.0.1', port, password: PASSWORD, database: 2 };

  @ProxyController(SERVICE, 'stored')
  @Public()
  class StoredController {
    constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

    @Get('own')
    @RateLimit({ limit: 2, window: '1d', by: 'global', bucket: 'own', store, fail: 'closed' })
    own(@Forward() call: ForwardCall) {
      return this.service.forward(call);
    }

    @Get('memory')
    @RateLimit({ limit: 1, window: '1d', by: 'global', bucket: 'memory', store: 'memory' })
    memory(@Forward() call: ForwardCall) {
      return this.service.forward(call);
    }

    @Get('shared')
    @RateLimit({ limit: 1, window: '1d', by: 'global', bucket: 'shared', store: 'redis', fail: 'closed' })
    shared(@Forward() call: ForwardCall) {
      return this.service.forward(call);
    }

    @Get('stubborn')
    @RateLimit({
      limit: 1,
      window: '1d',
      also: [{ limit: 4, window: '7d' }],
      by: 'global',
      countRefused: true,
      headers: (fields, { passed, windows }) =>
        fields.push('X-Passed', String(passed), 'X-Left', windows.map(({ remaining }) => remaining).join()),
    })
    stubborn(@Forward() call: ForwardCall) {
      return this.service.forward(call);
    }
  }

  @Controller('ordinary')
  class OrdinaryController {
    @Get()
    @UseGuards(RateLimitGuard)
    @RateLimit({ limit: 2, window: '1d', by: 'global', bucket: 'own', store, fail: 'closed' })
    own() {
      return {};
    }
  }

  @Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
    controllers: [StoredController, OrdinaryController],
  })
  class StoredModule {}
  return StoredModule;
}

redis.describe.each(WAYS)('limits with a store of their own, %s', (way) => {
  let own: RedisServer;
  let shared: RedisServer;
  let upstream: RecordingUpstream;
  let gateways: RunningGateway[];

  beforeAll(async () => {
    own = await RedisServer.start(redis.path as string, PASSWORD);
    shared = await RedisServer.start(redis.path as string);
    upstream = await RecordingUpstream.start();
    const environment = { UPSTREAM_URL: upstream.url, REDIS_URL: shared.url };
    // One module: two instances of one build.
    const module = moduleOf(own.port);
    gateways = await Promise.all([1, 2].map(() => startGateway(module, { way, environment })));
  }, 30_000);
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await Promise.all([own.stop(), shared.stop(), upstream.close()]);
  });
  beforeEach(() => Promise.all([own.client.flushall(), shared.client.flushall()]));

  const at = async (instance: number, path: string) => ask((gateways[instance] as RunningGateway).url + path);
  const statuses = async (...asked: readonly [instance: number, path: string][]): Promise<number[]> => {
    const all: number[] = [];
    for (const [instance, path] of asked) all.push((await at(instance, path)).status);
    return all;
  };

  it('a Redis of its own is shared by instances, by ordinary controllers too, and is another than REDIS_URL', async () => {
    expect(
      await statuses([0, '/stored/own'], [1, '/ordinary'], [0, '/ordinary'], [1, '/stored/own']),
    ).toEqual([200, 200, 429, 429]);
    await own.client.select(2);
    expect(await own.client.dbsize()).toBe(1);
    expect(await shared.client.dbsize()).toBe(0);
  });

  it('memory counts each instance apart, though there is a REDIS_URL', async () => {
    const path = '/stored/memory';
    expect(await statuses([0, path], [0, path], [1, path], [1, path])).toEqual([200, 429, 200, 429]);
    expect(await shared.client.dbsize()).toBe(0);
  });

  it('redis is REDIS_URL', async () => {
    expect(await statuses([0, '/stored/shared'], [1, '/stored/shared'])).toEqual([200, 429]);
    expect(await shared.client.dbsize()).toBe(1);
  });

  it('refused requests count where they are told to, and fields are those of the function', async () => {
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await at(i % 2, '/stored/stubborn'));

    expect(answers.map(({ status }) => status)).toEqual([200, 429, 429, 429, 429, 429]);
    expect(answers.map(({ headers }) => headers['x-left'])).toEqual([
      '0,3',
      '0,3',
      '0,2',
      '0,1',
      '0,0',
      '0,0',
    ]);
    expect(answers.map(({ headers }) => headers['x-passed'])).toEqual([
      'true',
      ...Array.from({ length: 5 }, () => 'false'),
    ]);
    expect(answers[0]?.headers).not.toHaveProperty('ratelimit');
    expect(answers[1]?.headers).toHaveProperty('retry-after');
  });

  it('the view of limits looks into them', async () => {
    await at(0, '/stored/own');
    const url = `${(gateways[0] as RunningGateway).adminUrl}/limits`;

    const limits = (await ask(url)).json() as { bucket: string }[];

    expect(limits.map(({ bucket }) => bucket)).toEqual(expect.arrayContaining(['own', 'memory', 'shared']));
  });
});

describe('a limit with a store of its own', () => {
  it('does not start where there is no such store, or its options are none', async () => {
    @ProxyController(SERVICE, 'stored')
    @Public()
    class StoredController {
      constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

      @Get('a')
      @RateLimit({ limit: 1, window: '1d', store: 'redis' })
      redis(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('b')
      @RateLimit({ limit: 1, window: '1d', store: { port: 0, tls: 'yes', password: 7, hots: 'x' } as never })
      options(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('c')
      @RateLimit({ limit: 5, window: '1d', store: 'disk' as never, countRefused: true, lease: 2 })
      word(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('d')
      @RateLimit({
        limit: 5,
        window: '1d',
        countRefused: true,
        algorithm: 'token-bucket',
        headers: 'x' as never,
      })
      bucket(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }
    }
    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
      controllers: [StoredController],
    })
    class WrongModule {}

    const failed = await startGateway(WrongModule, {
      environment: { UPSTREAM_URL: 'http://127.0.0.1:9' },
    }).then(
      () => '',
      (error: Error) => error.message,
    );

    expect(failed.split('\n')).toEqual([
      "StoredController.redis: @RateLimit: store is 'redis', but REDIS_URL names none; set it, or name a Redis by its host.",
      'StoredController.options: @RateLimit: store.port is 0; must be a whole number, 1–65535.',
      'StoredController.options: @RateLimit: store.tls is "yes"; must be true, false or { verify, serverName }.',
      'StoredController.options: @RateLimit: store.hots is not an option; did you mean store.host?',
      'StoredController.options: @RateLimit: store.password must be a text.',
      'StoredController.options: @RateLimit: store.host is undefined; must be a text.',
      'StoredController.word: @RateLimit: countRefused is given with lease, which believes a refusal without asking again; leave one out.',
      "StoredController.word: @RateLimit: store is \"disk\"; must be 'memory', 'redis' or a Redis by its host: { host, port }.",
      'StoredController.bucket: @RateLimit: headers is "x"; must be true, false or a function.',
      "StoredController.bucket: @RateLimit: countRefused means nothing to algorithm: 'token-bucket'; count in fixed-window or calendar-window.",
    ]);
  });
});
