import { Get, Module } from '@nestjs/common';
import {
  Authenticate,
  apiKey,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOfApiKey, newApiKey } from '../../src/contracts/api-key-text.js';
import { needs } from '../support/component.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { RedisServer } from '../support/redis.server.js';

const redis = needs('redis-server');
const SERVICE = defineUpstream('key-service', { targets: env('UPSTREAM_URL') });
const PASSWORD = 'a-password-that-nobody-may-read';
const OWN_KEY = newApiKey();

@ProxyController(SERVICE, 'keys')
class KeysController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('shared')
  shared(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('scoped')
  @RequireScope('orders:read')
  scoped(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('own')
  @Authenticate(apiKey({ store: 'memory' }))
  own(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Module({
  imports: [
    GatewayModule.forRoot({
      authentication: apiKey(),
      consumers: [{ id: 'own', apiKeys: [{ id: 'own-1', digest: `sha256:${digestOfApiKey(OWN_KEY)}` }] }],
    }),
    UpstreamModule.forFeature(SERVICE),
  ],
  controllers: [KeysController],
})
class AppModule {}

redis.describe('API keys in Redis', () => {
  describe.each(WAYS)('%s', (way) => {
    let server: RedisServer;
    let upstream: RecordingUpstream;
    let running: RunningGateway;

    beforeAll(async () => {
      server = await RedisServer.start(redis.path as string, PASSWORD);
      upstream = await RecordingUpstream.start();
      running = await startGateway(AppModule, {
        way,
        environment: {
          UPSTREAM_URL: upstream.url,
          REDIS_URL: server.url,
          API_KEYS_STORE: 'redis',
          // Every request asks, so that no test waits for a clock.
          API_KEYS_CACHE_MS: '0',
        },
      });
    });

    afterAll(async () => {
      await running.close();
      await upstream.close();
      await server.stop();
    });

    const status = async (path: string, key: string): Promise<number> =>
      (await ask(running.url + path, { headers: { 'X-API-Key': key } })).status;

    async function put(key: string, more: object = {}): Promise<void> {
      const record = JSON.stringify({ consumer: { id: 'acme' }, id: 'k1', ...more });
      await server.client.set(`portcullis:api-key:${digestOfApiKey(key)}`, record);
    }

    it('are taken, with their scopes and their end', async () => {
      const [plain, scoped, expired] = [newApiKey(), newApiKey(), newApiKey()];
      await put(plain);
      await put(scoped, { scopes: ['orders:read'] });
      await put(expired, { expiresAt: '2020-01-01T00:00:00Z' });

      expect(await status('/keys/shared', plain)).toBe(200);
      expect(await status('/keys/scoped', plain)).toBe(403);
      expect(await status('/keys/scoped', scoped)).toBe(200);
      expect(await status('/keys/shared', expired)).toBe(401);
      expect(await status('/keys/shared', newApiKey())).toBe(401);
    });

    it('are refused as soon as they are gone, when nothing is remembered', async () => {
      const key = newApiKey();
      await put(key);
      const before = await status('/keys/shared', key);
      await server.client.del(`portcullis:api-key:${digestOfApiKey(key)}`);

      expect([before, await status('/keys/shared', key)]).toEqual([200, 401]);
    });

    it('stand beside those of the process, where a route says so', async () => {
      expect(await status('/keys/own', OWN_KEY)).toBe(200);
      expect(await status('/keys/shared', OWN_KEY)).toBe(401);
    });

    it('that were seen hold through an outage; others are 503, at once, and both are logged', async () => {
      const key = newApiKey();
      await put(key);
      await status('/keys/shared', key);
      await server.stop();
      await running.logged('redis.lost', 1);

      const startedAt = performance.now();
      const seen = await status('/keys/shared', key);
      const other = await ask(`${running.url}/keys/shared`, { headers: { 'X-API-Key': newApiKey() } });
      const ms = performance.now() - startedAt;
      const own = await status('/keys/own', OWN_KEY);
      await server.restart();
      await running.logged('redis.connected', 2);

      expect([seen, other.status, own]).toEqual([200, 503, 200]);
      expect(other.json()).toMatchObject({ code: 'identity-unavailable' });
      expect(other.text).not.toContain(String(server.port));
      expect(ms).toBeLessThan(1_000);
      // Redis came back empty: what it no longer holds is no key any more.
      expect(await status('/keys/shared', key)).toBe(401);
      expect(JSON.stringify(running.lines())).not.toContain(PASSWORD);
    });

    it('are not waited for when Redis hangs', async () => {
      const key = newApiKey();
      await put(key);
      await status('/keys/shared', key);
      server.freeze();

      const startedAt = performance.now();
      const statuses = await Promise.all(Array.from({ length: 20 }, () => status('/keys/shared', key)));
      const unknown = await status('/keys/shared', newApiKey());
      const ms = performance.now() - startedAt;
      server.thaw();

      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(unknown).toBe(503);
      expect(ms).toBeLessThan(1_000);
    });
  });

  it('need a Redis that is named, or the gateway does not start', async () => {
    const starting = startGateway(AppModule, {
      environment: { UPSTREAM_URL: 'http://127.0.0.1:1', API_KEYS_STORE: 'redis' },
    });

    await expect(starting).rejects.toThrow('API_KEYS_STORE: is redis, but no Redis is named; set REDIS_URL.');
  });

  it('do not keep a gateway from starting while Redis is gone', async () => {
    const server = await RedisServer.start(redis.path as string);
    const { url } = server;
    await server.stop();

    const running = await startGateway(AppModule, {
      environment: { UPSTREAM_URL: 'http://127.0.0.1:1', API_KEYS_STORE: 'redis', REDIS_URL: url },
    });
    const answer = await ask(`${running.url}/keys/shared`, { headers: { 'X-API-Key': newApiKey() } });
    await running.close();

    expect(answer.status).toBe(503);
  });
});
