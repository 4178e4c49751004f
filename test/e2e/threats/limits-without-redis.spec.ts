import { Get, Module } from '@nestjs/common';
import {
  ConcurrencyLimit,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrokenRedis, REDIS_FAULTS, type RedisFault } from '../../support/broken.redis.js';
import { type Answer, ask, type RunningGateway, startGateway, WAYS } from '../../support/gateway.harness.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { deadPort } from '../../support/scripted.upstream.js';

const SERVICE = defineUpstream('limited-service', { targets: env('UPSTREAM_URL') });
/** What a request may wait for Redis, with room for a machine that has other things to do. */
const ANSWERS_MS = 50 + 450;

@ProxyController(SERVICE, 'counted')
@Public()
class CountedController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('open')
  @RateLimit({ limit: 1, window: '1h', fail: 'open' })
  open(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('closed')
  @RateLimit({ limit: 1, window: '1h', fail: 'closed' })
  closed(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('local')
  @RateLimit({ limit: 1, window: '1h', algorithm: 'sliding-window', fail: 'local' })
  local(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('places')
  @ConcurrencyLimit({ limit: 1, fail: 'closed' })
  places(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
  controllers: [CountedController],
})
class AppModule {}

describe.each(WAYS)('limits without their Redis, %s', (way) => {
  describe.each(['gone', ...REDIS_FAULTS] as const)('which is %s', (fault: RedisFault | 'gone') => {
    let redis: BrokenRedis | undefined;
    let upstream: RecordingUpstream;
    let running: RunningGateway;

    beforeAll(async () => {
      if (fault !== 'gone') redis = await BrokenRedis.start(fault);
      upstream = await RecordingUpstream.start();
      const url = redis?.url ?? `redis://127.0.0.1:${await deadPort()}/`;
      running = await startGateway(AppModule, {
        way,
        environment: { UPSTREAM_URL: upstream.url, REDIS_URL: url },
      });
    });
    afterAll(async () => {
      await running.close();
      await upstream.close();
      await redis?.close();
    });

    const timed = async (path: string): Promise<Answer & { readonly ms: number }> => {
      const begun = performance.now();
      const answer = await ask(`${running.url}/counted/${path}`);
      return { ...answer, ms: performance.now() - begun };
    };

    it('[71] do what each says, in time, and tell of it', async () => {
      const open = [await timed('open'), await timed('open')];
      const closed = [await timed('closed'), await timed('closed')];
      const local = [await timed('local'), await timed('local')];
      const places = [await timed('places'), await timed('places')];
      const metrics = await ask(`${running.adminUrl}/metrics`);

      expect(open.map(({ status }) => status)).toEqual([200, 200]);
      expect(open.map(({ headers }) => headers['x-ratelimit-store'])).toEqual(['none', 'none']);
      expect(closed.map(({ status }) => status)).toEqual([503, 503]);
      expect(closed[0]?.json()).toMatchObject({ code: 'limits-unavailable' });
      expect(closed[0]?.headers['retry-after']).toBe('2');
      expect(local.map(({ status }) => status)).toEqual([200, 429]);
      expect(local.map(({ headers }) => headers['x-ratelimit-store'])).toEqual(['local', 'local']);
      expect(places.map(({ status }) => status)).toEqual([503, 503]);
      const slowest = Math.max(...[...open, ...closed, ...local, ...places].map(({ ms }) => ms));
      expect(slowest).toBeLessThan(ANSWERS_MS);
      expect(metrics.text).toMatch(/^portcullis_limits_store_up(\{[^}]*\})? 0$/m);
      expect(metrics.text).toMatch(/^portcullis_limits_store_bypassed_total\{.*fail="closed".*\} 4$/m);
      expect(await running.logged('limits.store-lost', 1)).toHaveLength(1);
    });
  });
});
