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
import { type GatewayFixture, gatewayOf } from '../../support/gateway.fixture.js';
import {
  type Answer,
  type Ask,
  ask,
  type RunningGateway,
  startGateway,
  WAYS,
} from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { RawClient } from '../../support/raw.client.js';
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

  @Get('counted-sockets')
  @Public()
  @WebSocket()
  @RateLimit({ limit: 2, window: '1h' })
  countedSockets(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** One route of each kind of limit, so that whoever finds another spelling for one finds a second count. */
@ProxyController(SERVICE, 'spelled')
@Public()
class SpelledController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('a/:id')
  @AdmissionLimit({ limit: 2, window: '1h' })
  @RateLimit({ limit: 1, window: '1h' })
  spelled(@Forward() call: ForwardCall) {
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
  controllers: [SpoofController, SpelledController, KnownController],
})
class AppModule {}

/** Where a client is given a whole /48. */
@Module({
  imports: [
    GatewayModule.forRoot({ rateLimit: { ipv6SubnetPrefix: 48 } }),
    UpstreamModule.forFeature(SERVICE),
  ],
  controllers: [SpoofController],
})
class WideModule {}

describe.each(WAYS)('ways round a rate limit, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const fixture = gatewayOf(AppModule, { way });
    const behindProxy = gatewayOf(AppModule, { way, environment: { TRUSTED_PROXIES: '127.0.0.1' } });
    const widely = gatewayOf(WideModule, { way, environment: { TRUSTED_PROXIES: '127.0.0.1' } });
    const sessions = new Map<string, ClientHttp2Session>();

    beforeAll(() => {
      if (protocol === 'HTTP/1.1') return;
      for (const { running } of [fixture, behindProxy, widely]) {
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
    const fromAt = (
      gateway: GatewayFixture,
      path: string,
      addresses: readonly string[],
    ): Promise<readonly number[]> =>
      Promise.all(
        addresses.map(async (address) => (await go(path, { 'X-Forwarded-For': address }, gateway)).status),
      );
    const from = (path: string, ...addresses: readonly string[]): Promise<readonly number[]> =>
      fromAt(behindProxy, path, addresses);
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

    it.each(['admission', 'quota', 'tenant'])(
      '[67] how much of IPv6 is one client can be told (%s)',
      async (place) => {
        const nets = Array.from({ length: 8 }, (_, i) => `2001:db8:7:${i + 1}::1`);

        expect(passed(await fromAt(widely, `/spoof/${place}`, nets))).toBe(3);
        expect(passed(await fromAt(widely, `/spoof/${place}`, ['2001:db8:8:1::1']))).toBe(1);
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

    it('[68] no spelling of a path passes where its route is used up, whatever it reaches', async () => {
      const spellings = [
        'spelled/a/1',
        'spelled/a/2',
        'spelled/a/1/',
        'spelled/a/1//',
        '/spelled/a/1',
        'spelled//a/1',
        'spelled/a/1?x',
        'spelled/a/1?',
        'spelled/%61/1',
        '%73pelled/a/1',
        'spelled/a/%31',
        'SPELLED/A/1',
        'spelled/./a/1',
        'spelled/x/../a/1',
        'spelled/%2e/a/1',
        'spelled/x/%2e%2e/a/1',
        'spelled/a%2f1',
        'spelled/a/1;x=y',
        'spelled;x/a/1',
        'spelled/a/1%00',
        'spelled/a/1%20',
        'spelled\\a\\1',
        'spelled/a/1.json',
      ];
      const first = (await go('/spelled/a/1')).status;
      const before = fixture.upstream.received.length;
      const statuses: number[] = [];
      for (const path of spellings) statuses.push((await go(`/${path}`)).status);

      expect(first).toBe(200);
      expect(passed(statuses)).toBe(0);
      expect(new Set(statuses.slice(0, 3))).toEqual(new Set([429]));
      expect(fixture.upstream.received.length).toBe(before);
    });

    it('[74] each of many requests in flight on one connection counts', async () => {
      const all = await Promise.all(Array.from({ length: 40 }, () => go('/known/streams', bearer())));

      expect(passed(all.map(({ status }) => status))).toBe(10);
      expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200, 429]));
    });
  });

  describe('with requests behind each other on one connection', () => {
    const fixture = gatewayOf(AppModule, { way });

    it('[74] each of them counts', async () => {
      const client = new RawClient(fixture.running.port);
      client.send('GET /spoof/quota HTTP/1.1\r\nHost: gw\r\n\r\n'.repeat(6));
      const statuses: number[] = [];
      for (let i = 0; i < 6; i++) statuses.push((await client.answer()).status);
      client.socket.destroy();

      expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
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

    it.each([
      ['sockets', 'admission-limit'],
      ['counted-sockets', 'rate-limit'],
    ])('[74] each upgrade counts, before any tunnel is opened (%s)', async (path, policy) => {
      const before = upstream.requests.length;
      const open = [
        await openSocket(running.port, `/known/${path}`),
        await openSocket(running.port, `/known/${path}`),
      ];

      const third = await refusal(running.port, `/known/${path}`);
      for (const { socket } of open) socket.terminate();

      expect(third).toMatchObject({ status: 429, problem: { code: 'rate-limited', policy } });
      expect(upstream.requests.length - before).toBe(2);
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
