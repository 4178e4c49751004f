import { request } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Get, Module } from '@nestjs/common';
import {
  AdmissionLimit,
  ConcurrencyLimit,
  Cors,
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
  WebSocket,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DistantLimitStore } from '../../support/distant.limit-store.js';
import { EchoUpstream } from '../../support/echo.upstream.js';
import { Gate } from '../../support/gate.js';
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
import { closeCode, openSocket } from '../../support/websocket.client.js';

const SERVICE = defineUpstream('limited-service', { targets: env('UPSTREAM_URL') });

@ProxyController(SERVICE, 'far')
@Public()
class FarController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('one')
  @RateLimit({ limit: 1_000, window: '1h' })
  @ConcurrencyLimit({ limit: 1 })
  one(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('rate')
  @RateLimit({ limit: 1_000, window: '1h' })
  rate(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('pages')
  @Cors({ origins: ['https://app.example'] })
  @AdmissionLimit({ limit: 1_000, window: '1h', preflights: true })
  pages(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('sockets')
  @WebSocket()
  @ConcurrencyLimit({ limit: 1 })
  sockets(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('fifty')
  @RateLimit({ limit: 50, window: '1h', by: { header: 'X-Run' } })
  fifty(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

function appOn(storage: DistantLimitStore): object {
  @Module({
    imports: [GatewayModule.forRoot({ rateLimit: { storage } }), UpstreamModule.forFeature(SERVICE)],
    controllers: [FarController],
  })
  class AppModule {}
  return AppModule;
}

describe.each(WAYS)('limits that are counted far away, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const store = new DistantLimitStore();
    const fixture = gatewayOf(appOn(store), { way });
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    beforeEach(() => {
      store.dead = false;
      store.held = undefined;
    });
    afterAll(() => session?.destroy());

    const go = (path: string, asked: Ask = {}): Promise<Answer> =>
      session === undefined ? ask(fixture.running.url + path, asked) : askOn(session, path, asked);

    it('[75] a store that dies between the check and the end of a request harms neither it nor the next', async () => {
      const [arrived, release] = [new Gate(), new Gate()];
      fixture.upstream.respond = (_req, res) => {
        arrived.open();
        void release.opened.then(() => res.end('whole'));
      };
      const answer = go('/far/one');
      await arrived.opened;
      store.dead = true;
      release.open();
      const { status, text } = await answer;
      store.dead = false;
      const next = await go('/far/one');

      expect([status, text]).toEqual([200, 'whole']);
      expect(next.status).toBe(200);
      expect(await fixture.running.logged('exchange.failed', 1)).toMatchObject([
        { route: 'GET /far/one', cause: { message: 'The store is gone.' } },
      ]);
      const lines = await fixture.running.accessLines(2);
      expect(lines).toMatchObject([{ status: 200, error: 'internal' }, { status: 200 }]);
    });

    it.each(['/far/one', '/far/rate', '/far/pages'])(
      '[75] a store that dies during the check lets nobody through unseen, and %s is there again with it',
      async (path) => {
        store.dead = true;
        const refused = await Promise.all(Array.from({ length: 20 }, () => go(path)));
        store.dead = false;
        const reached = fixture.upstream.received.length;
        const next = await go(path);

        expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
        expect(refused[0]?.text).not.toContain('The store is gone');
        expect(reached).toBe(0);
        expect(next.status).toBe(200);
      },
    );

    it('[75] a store that dies while a preflight is counted fails the preflight alone', async () => {
      const preflight = {
        method: 'OPTIONS',
        headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' },
      };
      const before = await go('/far/pages', preflight);
      store.dead = true;
      const refused = await go('/far/pages', preflight);
      store.dead = false;
      const after = await go('/far/pages', preflight);

      expect([before, refused, after].map(({ status }) => status)).toEqual([204, 503, 204]);
    });

    it('a client that leaves while the store is asked keeps no place', async () => {
      const gate = new Gate();
      store.held = gate.opened;
      const before = store.asked;
      const leaving = request(`${fixture.running.url}/far/one`, { agent: false });
      leaving.on('error', () => {}).end();
      await expect.poll(() => store.asked, { interval: 2 }).toBeGreaterThan(before);
      leaving.destroy();
      await expect
        .poll(() => fixture.running.lines().some((line) => line['error'] === 'client-closed'), {
          interval: 2,
        })
        .toBe(true);
      store.held = undefined;
      gate.open();
      const next = await go('/far/one');

      expect(next.status).toBe(200);
    });
  });

  describe('with WebSockets', () => {
    const store = new DistantLimitStore();
    let upstream: EchoUpstream;
    let running: RunningGateway;

    beforeAll(async () => {
      upstream = await EchoUpstream.start();
      running = await startGateway(appOn(store), { way, environment: { UPSTREAM_URL: upstream.url } });
    });
    afterAll(async () => {
      await running.close();
      await upstream.close();
    });

    it('[75] a store that dies while a WebSocket is open is no trouble when it closes', async () => {
      const first = await openSocket(running.port, '/far/sockets');
      store.dead = true;
      const closed = closeCode(first.socket);
      first.socket.close(1000);
      await closed;
      await running.accessLines(1);
      store.dead = false;
      const second = await openSocket(running.port, '/far/sockets');
      second.socket.terminate();

      expect(first.response.statusCode).toBe(101);
      expect(second.response.statusCode).toBe(101);
    });
  });

  describe('by two gateways together', () => {
    const store = new DistantLimitStore();
    const first = gatewayOf(appOn(store), { way });
    const second = gatewayOf(appOn(store), { way });

    it('[69] 200 parallel requests at a limit of 50: exactly 50 pass, 20 times of 20', async () => {
      const passed: number[] = [];
      for (let run = 0; run < 20; run++) {
        const answers = await Promise.all(
          Array.from({ length: 200 }, (_, i) =>
            (i % 2 === 0 ? first : second).ask('/far/fifty', { headers: { 'X-Run': String(run) } }),
          ),
        );
        passed.push(answers.filter(({ status }) => status === 200).length);
      }

      expect(passed).toEqual(Array(20).fill(50));
    }, 60_000);
  });
});
