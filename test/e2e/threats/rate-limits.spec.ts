import { type ClientHttp2Session, connect } from 'node:http2';
import { Get, Module } from '@nestjs/common';
import {
  AdmissionLimit,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryRateLimitStore } from '../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { EchoUpstream } from '../../support/echo.upstream.js';
import { gatewayOf } from '../../support/gateway.fixture.js';
import {
  type Answer,
  type Ask,
  ask,
  type RunningGateway,
  startGateway,
  WAYS,
} from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { bearer } from '../../support/tokens.js';
import { openSocket, refusal } from '../../support/websocket.client.js';

const SERVICE = defineUpstream('guarded-service', { targets: env('UPSTREAM_URL') });
const MOST_KEYS = 50;

@ProxyController(SERVICE, 'spoof')
@Public()
class SpoofController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('admission')
  @AdmissionLimit({ limit: 3, window: '1h' })
  admission(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('quota')
  @RateLimit({ limit: 3, window: '1h', by: 'address' })
  quota(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('tenant')
  @RateLimit({ limit: 3, window: '1h', by: { header: 'X-Tenant' } })
  tenant(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('paths/:id')
  @RateLimit({ limit: 3, window: '1h', by: 'route' })
  paths(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'known')
class KnownController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('streams')
  @AdmissionLimit({ limit: 10, window: '1h' })
  streams(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('sockets')
  @Public()
  @WebSocket()
  @AdmissionLimit({ limit: 2, window: '1h' })
  sockets(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'many')
@Public()
class ManyController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get()
  @RateLimit({ limit: 3, window: '1h', by: { header: 'X-Tenant' } })
  many(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SERVICE)],
  controllers: [SpoofController, KnownController],
})
class AppModule {}

describe.each(WAYS)('ways round a rate limit, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const fixture = gatewayOf(AppModule, { way });
    const behindProxy = gatewayOf(AppModule, { way, environment: { TRUSTED_PROXIES: '127.0.0.1' } });
    const sessions = new Map<string, ClientHttp2Session>();

    beforeAll(() => {
      if (protocol === 'HTTP/1.1') return;
      for (const { running } of [fixture, behindProxy]) {
        sessions.set(running.url, connect(running.url).setMaxListeners(0));
      }
    });
    afterAll(() => {
      for (const session of sessions.values()) session.destroy();
    });

    const go = (path: string, headers: Ask['headers'] = {}, { running } = fixture): Promise<Answer> => {
      const session = sessions.get(running.url);
      return session === undefined ? ask(running.url + path, { headers }) : askOn(session, path, { headers });
    };
    const from = (path: string, ...addresses: readonly string[]): Promise<readonly number[]> =>
      Promise.all(
        addresses.map(
          async (address) => (await go(path, { 'X-Forwarded-For': address }, behindProxy)).status,
        ),
      );
    const passed = (statuses: readonly number[]): number =>
      statuses.filter((status) => status === 200).length;

    it.each(['admission', 'quota'])(
      '[66] one peer that nobody trusts is one client, whatever address it claims (%s)',
      async (place) => {
        const statuses: number[] = [];
        for (let i = 0; i < 8; i++) {
          const claimed = { 'X-Forwarded-For': `203.0.113.${i}`, Forwarded: `for=203.0.113.${i}` };
          statuses.push((await go(`/spoof/${place}`, claimed)).status);
        }

        expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
      },
    );

    it('[66] who leaves out the header that a limit counts by is one client, whatever address he claims', async () => {
      const statuses: number[] = [];
      for (let i = 0; i < 5; i++) {
        statuses.push((await go('/spoof/tenant', { 'X-Forwarded-For': `203.0.113.${i}` })).status);
      }

      expect(statuses).toEqual([200, 200, 200, 429, 429]);
    });

    it.each(['admission', 'quota', 'tenant'])(
      '[67] one subnet of IPv6 is one client, and an IPv4 address is the same inside IPv6 (%s)',
      async (place) => {
        const subnet = Array.from({ length: 8 }, (_, i) => `2001:db8:0:7:${i + 1}::${i + 1}`);

        expect(passed(await from(`/spoof/${place}`, ...subnet))).toBe(3);
        expect(passed(await from(`/spoof/${place}`, '2001:db8:0:8::1'))).toBe(1);
        expect(
          passed(
            await from(
              `/spoof/${place}`,
              '198.51.100.7',
              '::ffff:198.51.100.7',
              '::ffff:c633:6407',
              '198.51.100.7',
            ),
          ),
        ).toBe(3);
      },
    );

    it('[68] every spelling of a path that reaches a route counts for it', async () => {
      const spellings = ['paths/1', 'paths/2', 'paths/1/', 'paths/1?x', 'p%61ths/1', 'paths/%31', 'PATHS/1'];
      const statuses: number[] = [];
      for (const path of [...spellings, '/paths/1']) {
        statuses.push((await go(`/spoof/${path}`)).status);
      }

      expect(passed(statuses)).toBe(3);
      expect(statuses.slice(3).filter((status) => status === 200)).toEqual([]);
    });

    it('[74] each of many requests in flight on one connection counts', async () => {
      const all = await Promise.all(Array.from({ length: 40 }, () => go('/known/streams', bearer())));

      expect(passed(all.map(({ status }) => status))).toBe(10);
      expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200, 429]));
    });
  });

  describe('with WebSockets', () => {
    let upstream: EchoUpstream;
    let running: RunningGateway;

    beforeAll(async () => {
      upstream = await EchoUpstream.start();
      running = await startGateway(AppModule, { way, environment: { UPSTREAM_URL: upstream.url } });
    });
    afterAll(async () => {
      for (const socket of upstream.sockets) socket.terminate();
      await running.close();
      await upstream.close();
    });

    it('[74] each upgrade counts, before any tunnel is opened', async () => {
      const open = [
        await openSocket(running.port, '/known/sockets'),
        await openSocket(running.port, '/known/sockets'),
      ];

      const third = await refusal(running.port, '/known/sockets');
      for (const { socket } of open) socket.terminate();

      expect(third).toMatchObject({
        status: 429,
        problem: { code: 'rate-limited', policy: 'admission-limit' },
      });
    });
  });

  describe('with more clients than the store holds', () => {
    const storage = new MemoryRateLimitStore({ maxKeys: MOST_KEYS });

    @Module({
      imports: [
        GatewayModule.forRoot({ authentication: jwt(), rateLimit: { storage } }),
        UpstreamModule.forFeature(SERVICE),
      ],
      controllers: [ManyController],
    })
    class ManyModule {}

    const fixture = gatewayOf(ManyModule, { way });

    it('[73] keeps a bounded number of keys of a bounded length', async () => {
      for (let i = 0; i < 4 * MOST_KEYS; i++) {
        const answer = await fixture.ask('/many', { headers: { 'X-Tenant': `${i}-${'x'.repeat(2_000)}` } });
        expect(answer.status).toBe(200);
      }

      expect(storage.size).toBeLessThanOrEqual(MOST_KEYS);
      expect(storage.evicted).toBeGreaterThanOrEqual(3 * MOST_KEYS);
    });
  });
});
