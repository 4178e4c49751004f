import { type ClientRequest, request as httpRequest, type ServerResponse } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { Controller, ForbiddenException, Get, Module } from '@nestjs/common';
import {
  Authenticate,
  apiKey,
  ConcurrencyLimit,
  concurrencyLimit,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  NoConcurrencyLimit,
  ProxyController,
  Public,
  RateLimit,
  Timeout,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOfApiKey, newApiKey } from '../../src/contracts/api-key-text.js';
import { EchoUpstream } from '../support/echo.upstream.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import {
  type Answer,
  type Ask,
  ask,
  type RunningGateway,
  startGateway,
  WAYS,
} from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { bearer } from '../support/tokens.js';
import { closeCode, openSocket, refusal } from '../support/websocket.client.js';

const SERVICE = defineUpstream('held-service', {
  targets: env('UPSTREAM_URL'),
  breaker: false,
  retry: false,
});
const KEYS = { first: newApiKey(), second: newApiKey(), other: newApiKey() };
const digest = (key: string): string => `sha256:${digestOfApiKey(key)}`;

@ProxyController(SERVICE, 'places')
class PlacesController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('two')
  @ConcurrencyLimit({ limit: 2 })
  two(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('one')
  @ConcurrencyLimit({ limit: 1 })
  one(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('impatient')
  @ConcurrencyLimit({ limit: 1 })
  @Timeout({ headersMs: 50 })
  impatient(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('forbidding')
  @ConcurrencyLimit({ limit: 1 })
  forbidding() {
    throw new ForbiddenException();
  }

  @Get('broken')
  @ConcurrencyLimit({ limit: 1 })
  broken() {
    throw new TypeError('A mistake of the team.');
  }

  @Get('consumer')
  @Authenticate(apiKey())
  @ConcurrencyLimit({ limit: 1, by: 'consumer' })
  consumer(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('address')
  @Public()
  @ConcurrencyLimit({ limit: 1, by: 'address' })
  address(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('shadow')
  @ConcurrencyLimit({ limit: 1, shadow: true, name: 'planned' })
  shadow(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('both')
  @RateLimit({ limit: 10, window: '1h' })
  @ConcurrencyLimit({ limit: 5, name: 'places' })
  both(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('silent')
  @ConcurrencyLimit({ limit: 1, headers: false })
  silent(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'shared')
@ConcurrencyLimit({ limit: 1 })
class SharedController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('a')
  a(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('b')
  b(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('free')
  @NoConcurrencyLimit('a download may take an hour')
  free(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** Says nothing itself: the gateway's default holds, for each route apart. */
@ProxyController(SERVICE, 'plain')
class PlainController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('a')
  a(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('b')
  b(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Module({
  imports: [
    GatewayModule.forRoot({
      authentication: jwt(),
      consumers: [
        {
          id: 'shop',
          apiKeys: [
            { id: 's-1', digest: digest(KEYS.first) },
            { id: 's-2', digest: digest(KEYS.second) },
          ],
        },
        { id: 'bank', apiKeys: [{ id: 'b-1', digest: digest(KEYS.other) }] },
      ],
      defaults: [concurrencyLimit({ limit: 3, by: 'address', name: 'all' })],
    }),
    UpstreamModule.forFeature(SERVICE),
  ],
  controllers: [PlacesController, SharedController, PlainController],
})
class AppModule {}

describe.each(WAYS)('requests that run at the same time, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const fixture = gatewayOf(AppModule, { way, environment: { TRUSTED_PROXIES: '127.0.0.1' } });
    /** What the upstream was asked with `?hold`, and has not answered. */
    let held: ServerResponse[] = [];
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    beforeEach(() => {
      held = [];
      fixture.upstream.respond = ({ url }, res) => {
        if (url.endsWith('?hold')) held.push(res);
        else if (url.endsWith('?half')) {
          res.writeHead(200, { 'Content-Length': 8 }).write('half');
          held.push(res);
        } else if (url.endsWith('?cut')) res.destroy();
        else if (!url.endsWith('?silent')) res.end('whole');
      };
    });
    afterAll(() => session?.destroy());

    const go = (path: string, headers: Ask['headers'] = {}): Promise<Answer> =>
      session === undefined
        ? ask(fixture.running.url + path, { headers })
        : askOn(session, path, { headers });
    const status = async (path: string, headers: Ask['headers'] = {}): Promise<number> =>
      (await go(path, headers)).status;
    const as = (sub: string): { Authorization: string } => bearer({ sub });
    /** Begins a request that the upstream holds, and gives its answer to be. */
    const hold = async (path: string, headers: Ask['headers'] = {}): Promise<{ answer: Promise<Answer> }> => {
      const before = held.length;
      const answer = go(`${path}?hold`, headers);
      await expect.poll(() => held.length, { interval: 2 }).toBe(before + 1);
      return { answer };
    };
    const release = (): void => {
      for (const res of held.splice(0)) res.end('held');
    };
    /** Begins a request that the client will not see to its end. */
    const begin = (path: string, headers: Readonly<Record<string, string>>): (() => void) => {
      if (session === undefined) {
        const request: ClientRequest = httpRequest(fixture.running.url + path, { headers, agent: false });
        request.on('error', () => {}).end();
        return () => request.destroy();
      }
      const stream: ClientHttp2Stream = session.request({ ':path': path, ...headers });
      stream.on('error', () => {}).resume();
      return () => stream.close(constants.NGHTTP2_CANCEL);
    };

    it('are as many as the limit says, and the next is told to come back', async () => {
      const first = await hold('/places/two', as('ann'));
      const second = await hold('/places/two', as('ann'));
      const third = await go('/places/two', as('ann'));
      release();
      const answers = [await first.answer, await second.answer];
      const next = await go('/places/two', as('ann'));

      expect(third.status).toBe(429);
      expect(third.headers).toMatchObject({
        'retry-after': '1',
        'ratelimit-policy': '"concurrency";q=2;qu="concurrent-requests"',
        ratelimit: '"concurrency";r=0',
        'content-type': 'application/problem+json',
      });
      expect(third.json()).toMatchObject({
        status: 429,
        code: 'rate-limited',
        policy: 'concurrency-limit',
        detail: 'At most 2 requests may run at the same time.',
      });
      expect(third.headers['x-ratelimit-limit']).toBeUndefined();
      expect(answers.map(({ headers }) => headers['ratelimit'])).toEqual([
        '"concurrency";r=1',
        '"concurrency";r=0',
      ]);
      expect(answers.map(({ headers }) => headers['retry-after'])).toEqual([undefined, undefined]);
      expect(next.status).toBe(200);
      expect(next.headers['ratelimit']).toBe('"concurrency";r=1');
    });

    it('hold their place until the last byte of the answer', async () => {
      const answer = go('/places/one?half', as('bob'));
      await expect.poll(() => held.length, { interval: 2 }).toBe(1);
      const meanwhile = await status('/places/one', as('bob'));
      for (const res of held.splice(0)) res.end('half');
      const { text } = await answer;
      const next = await status('/places/one', as('bob'));

      expect(meanwhile).toBe(429);
      expect(text).toBe('halfhalf');
      expect(next).toBe(200);
    });

    it('never stand in the way of a client that asks one thing after the other', async () => {
      const found = new Set<number>();
      for (let i = 0; i < 200; i++) found.add(await status('/places/one', as('serial')));

      expect([...found]).toEqual([200]);
    });

    it.each([
      ['before the answer', 'hold'],
      ['in the middle of the answer', 'half'],
    ])('give their place back when the client leaves %s', async (_when, how) => {
      const leave = begin(`/places/one?${how}`, as(`cleo-${how}`));
      await expect.poll(() => held.length, { interval: 2 }).toBe(1);
      const meanwhile = await status('/places/one', as(`cleo-${how}`));
      leave();

      expect(meanwhile).toBe(429);
      await expect.poll(() => status('/places/one', as(`cleo-${how}`)), { interval: 5 }).toBe(200);
    });

    it.each([
      ['the upstream cuts the connection', '/places/one?cut', 502],
      ['the upstream says nothing in time', '/places/impatient?silent', 504],
      ['the handler refuses', '/places/forbidding', 403],
      ['the handler fails', '/places/broken', 500],
    ])('give their place back when %s', async (_what, path, expected) => {
      const found = [
        await status(path, as('dora')),
        await status(path, as('dora')),
        await status(path, as('dora')),
      ];

      expect(found).toEqual([expected, expected, expected]);
    });

    it('count for a consumer with all its keys, and for others apart', async () => {
      const key = (name: keyof typeof KEYS) => ({ 'X-API-Key': KEYS[name] });
      const first = await hold('/places/consumer', key('first'));

      const same = await status('/places/consumer', key('second'));
      const other = await status('/places/consumer', key('other'));
      release();
      await first.answer;

      expect([same, other]).toEqual([429, 200]);
    });

    it('count for an address, IPv6 by its subnet', async () => {
      const from = (address: string) => ({ 'X-Forwarded-For': address });
      const first = await hold('/places/address', from('2001:db8:0:7::1'));

      const same = await status('/places/address', from('2001:db8:0:7::2'));
      const other = await status('/places/address', from('2001:db8:0:8::1'));
      release();
      await first.answer;

      expect([same, other]).toEqual([429, 200]);
    });

    it('share the places of their controller, but for routes that are taken out', async () => {
      const first = await hold('/shared/a', as('emil'));

      const found = [
        await status('/shared/a', as('emil')),
        await status('/shared/b', as('emil')),
        await status('/shared/free', as('emil')),
      ];
      release();
      await first.answer;

      expect(found).toEqual([429, 429, 200]);
    });

    it("have the gateway's default where nothing else is said, each route its own", async () => {
      const running = [
        await hold('/plain/a', as('finn')),
        await hold('/plain/a', as('gina')),
        await hold('/plain/a', as('hugo')),
      ];

      const refused = await go('/plain/a', as('ida'));
      const elsewhere = await status('/plain/b', as('ida'));
      release();
      await Promise.all(running.map(({ answer }) => answer));

      expect(refused.status).toBe(429);
      expect(refused.headers['ratelimit-policy']).toBe('"all";q=3;qu="concurrent-requests"');
      expect(elsewhere).toBe(200);
    });

    it('are all let through in the shadow, and it is said who would not be', async () => {
      const first = await hold('/places/shadow', as('jan'));

      const second = await go('/places/shadow', as('jan'));
      release();
      await first.answer;
      const metrics = await ask(`${fixture.running.adminUrl}/metrics`);

      expect(second.status).toBe(200);
      expect(second.headers['ratelimit']).toBeUndefined();
      expect(second.headers['ratelimit-policy']).toBeUndefined();
      expect(metrics.text).toMatch(/^portcullis_limits_shadowed_total\{.*portcullis_limit="planned".*\} 1$/m);
      expect(await fixture.running.logged('limits.would-refuse', 1)).toMatchObject([
        { level: 'warn', policy: 'concurrency-limit', limit: 'planned', route: 'GET /places/shadow' },
      ]);
    });

    it('stand beside a rate limit in one field', async () => {
      const { headers } = await go('/places/both', as('kim'));

      expect(headers['ratelimit-policy']).toBe(
        '"default";q=10;w=3600, "places";q=5;qu="concurrent-requests"',
      );
      expect(headers['ratelimit']).toMatch(/^"default";r=9;t=\d+, "places";r=4$/);
      expect(headers['x-ratelimit-limit']).toBe('10');
    });

    it('are not told of where the fields are switched off, but of when to come back', async () => {
      const first = await hold('/places/silent', as('lena'));

      const refused = await go('/places/silent', as('lena'));
      release();
      const { headers } = await first.answer;

      expect(refused.status).toBe(429);
      expect(refused.headers['ratelimit']).toBeUndefined();
      expect(refused.headers['retry-after']).toBe('1');
      expect(headers['ratelimit']).toBeUndefined();
    });

    it('are counted one by one when all come at once', async () => {
      const refused: number[] = [];
      const asked = Array.from({ length: 40 }, async () => {
        const each = await status('/places/two?hold', as('mona'));
        if (each !== 200) refused.push(each);
        return each;
      });
      await expect.poll(() => refused.length, { interval: 2 }).toBe(38);
      const running = held.length;
      release();
      const statuses = await Promise.all(asked);

      expect(running).toBe(2);
      expect(new Set(refused)).toEqual(new Set([429]));
      expect(statuses.filter((each) => each === 200)).toHaveLength(2);
    });
  });
});

@ProxyController(SERVICE, 'sockets')
@Public()
@WebSocket({ origins: ['https://app.example'] })
class SocketsController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('one')
  @ConcurrencyLimit({ limit: 1, by: 'address' })
  one(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('refused')
  @ConcurrencyLimit({ limit: 1, by: 'address' })
  refused(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
  controllers: [SocketsController],
})
class SocketsModule {}

describe.each(WAYS)('WebSockets that are open at the same time, %s', (way) => {
  let upstream: EchoUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await EchoUpstream.start();
    running = await startGateway(SocketsModule, { way, environment: { UPSTREAM_URL: upstream.url } });
  });
  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  /** The status of a request to the same places: 429 while they are taken. */
  const status = async (path: string): Promise<number> => (await ask(running.url + path)).status;
  const free = (path: string) => expect.poll(() => status(path), { interval: 5 }).toBe(200);

  it('hold their place until the client closes', async () => {
    const { socket } = await openSocket(running.port, '/sockets/one');
    const second = await refusal(running.port, '/sockets/one');
    const request = await status('/sockets/one');
    const closed = closeCode(socket);
    socket.close(1000);
    await closed;

    expect(second).toMatchObject({
      status: 429,
      problem: { code: 'rate-limited', policy: 'concurrency-limit' },
    });
    expect(request).toBe(429);
    await free('/sockets/one');
  });

  it.each(['client', 'upstream'])('give their place back when the %s breaks off', async (who) => {
    const { socket } = await openSocket(running.port, '/sockets/one');
    socket.on('error', () => {});
    const taken = await status('/sockets/one');
    if (who === 'client') socket.terminate();
    else for (const each of upstream.sockets) each.terminate();

    expect(taken).toBe(429);
    await free('/sockets/one');
  });

  it('that are refused by a later stage take no place', async () => {
    const evil = { origin: 'https://evil.example' };
    const refusals = [
      await refusal(running.port, '/sockets/refused', evil),
      await refusal(running.port, '/sockets/refused', evil),
    ];
    const { socket } = await openSocket(running.port, '/sockets/refused', { origin: 'https://app.example' });
    socket.terminate();

    expect(refusals).toMatchObject([
      { status: 403, problem: { policy: 'websocket' } },
      { status: 403, problem: { policy: 'websocket' } },
    ]);
  });
});

describe('a concurrency limit', () => {
  it('is refused at start where nothing would hold it', async () => {
    @Controller('ordinary')
    class OrdinaryController {
      @Get()
      @ConcurrencyLimit({ limit: 1 })
      ordinary() {
        return {};
      }
    }

    @Module({ imports: [GatewayModule.forRoot()], controllers: [OrdinaryController] })
    class OrdinaryModule {}

    await expect(startGateway(OrdinaryModule)).rejects.toThrow('OrdinaryController.ordinary');
  });
});
