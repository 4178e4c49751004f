import { type ClientHttp2Session, connect } from 'node:http2';
import { Get, Module, Options } from '@nestjs/common';
import {
  AdmissionLimit,
  Authenticate,
  admissionLimit,
  anyOf,
  apiKey,
  Cors,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  NoAdmissionLimit,
  NoRateLimit,
  ProxyController,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOfApiKey, newApiKey } from '../../src/contracts/api-key-text.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { bearer } from '../support/tokens.js';

const KEYS = { goldOne: newApiKey(), goldTwo: newApiKey(), free: newApiKey() };
const SERVICE = defineUpstream('limited-service', { targets: env('UPSTREAM_URL') });
const digest = (key: string): string => `sha256:${digestOfApiKey(key)}`;

@ProxyController(SERVICE, 'by')
@NoAdmissionLimit('a test of its own')
@Authenticate(anyOf(jwt(), apiKey()))
class ByController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('key')
  @RateLimit({ limit: 2, window: '1h', by: 'api-key' })
  key(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('plan')
  @RateLimit({
    limit: 1,
    window: '1h',
    by: 'consumer',
    name: 'shop',
    plans: { gold: { limit: 3, window: '1h' } },
  })
  plan(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('claim')
  @RateLimit({ limit: 1, window: '1h', by: { claim: 'tenant' } })
  claim(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('header')
  @RateLimit({ limit: 1, window: '1h', by: { header: 'X-Tenant' } })
  header(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('cost')
  @RateLimit({ limit: 5, window: '1h', cost: ({ query }) => (query === '' ? 1 : Number(query.slice(1))) })
  cost(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('shadow')
  @RateLimit({ limit: 1, window: '1h', shadow: true, name: 'planned' })
  shadow(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'admitted')
@AdmissionLimit({ limit: 4, window: '1h' })
@RateLimit({ limit: 2, window: '1h' })
class AdmittedController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get()
  all(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('guessed')
  @AdmissionLimit({ limit: 3, window: '1h' })
  guessed(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('pages')
  @Cors({ origins: ['https://app.example'] })
  @AdmissionLimit({ limit: 2, window: '1h' })
  pages(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Options('plain')
  @AdmissionLimit({ limit: 1, window: '1h' })
  plain(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'everywhere')
@NoRateLimit('the limit over all routes stands alone')
class EverywhereController {
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
          id: 'golden',
          plan: 'gold',
          apiKeys: [
            { id: 'g-1', digest: digest(KEYS.goldOne) },
            { id: 'g-2', digest: digest(KEYS.goldTwo) },
          ],
        },
        { id: 'frugal', plan: 'free', apiKeys: [{ id: 'f-1', digest: digest(KEYS.free) }] },
      ],
      defaults: [admissionLimit({ limit: 3, window: '1h', by: 'global', name: 'all' })],
    }),
    UpstreamModule.forFeature(SERVICE),
  ],
  controllers: [ByController, AdmittedController, EverywhereController],
})
class AppModule {}

describe.each(WAYS)('whom limits count, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const fixture = gatewayOf(AppModule, { way });
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    afterAll(() => session?.destroy());

    const go = (path: string, headers: Ask['headers'] = {}, method = 'GET'): Promise<Answer> => {
      const request = { method, headers };
      return session === undefined ? ask(fixture.running.url + path, request) : askOn(session, path, request);
    };
    const statuses = async (
      path: string,
      ...all: readonly NonNullable<Ask['headers']>[]
    ): Promise<number[]> => {
      const found: number[] = [];
      for (const headers of all) found.push((await go(path, headers)).status);
      return found;
    };
    const key = (name: keyof typeof KEYS) => ({ 'X-API-Key': KEYS[name] });

    it('counts two keys of one consumer apart, and tokens by address', async () => {
      const token = { ...bearer({ sub: 'g-1' }) };

      expect(
        await statuses('/by/key', key('goldOne'), key('goldOne'), key('goldOne'), key('goldTwo')),
      ).toEqual([200, 200, 429, 200]);
      expect(await statuses('/by/key', token, bearer({ sub: 'x' }), bearer({ sub: 'y' }))).toEqual([
        200, 200, 429,
      ]);
    });

    it("counts a consumer with all its keys, by its plan's limit, and says which limit that was", async () => {
      const first = await go('/by/plan', key('goldOne'));

      expect(await statuses('/by/plan', key('goldTwo'), key('goldTwo'), key('goldOne'))).toEqual([
        200, 200, 429,
      ]);
      expect(await statuses('/by/plan', key('free'), key('free'))).toEqual([200, 429]);
      expect(first.headers['ratelimit-policy']).toBe('"shop-gold";q=3;w=3600');
      expect(first.headers['x-ratelimit-limit']).toBe('3');
    });

    it('counts by claim, and who has none by address', async () => {
      const of = (claims: object) => ({ ...bearer({ ...claims }) });

      expect(
        await statuses(
          '/by/claim',
          of({ sub: 'a', tenant: 't1' }),
          of({ sub: 'b', tenant: 't1' }),
          of({ tenant: 't2' }),
          of({ sub: 'c' }),
          of({ sub: 'd' }),
          of({ sub: 'e', tenant: ['t3'] }),
        ),
      ).toEqual([200, 429, 200, 200, 429, 429]);
    });

    it('counts by header, and who sends none by address', async () => {
      const of = (tenant: object) => ({ ...bearer(), ...tenant });

      expect(
        await statuses(
          '/by/header',
          of({ 'X-Tenant': 'a' }),
          of({ 'x-tenant': 'a' }),
          of({ 'X-Tenant': 'b' }),
          of({}),
          of({}),
          of({ 'X-Tenant': '' }),
        ),
      ).toEqual([200, 429, 200, 200, 429, 429]);
    });

    it('takes what a request costs, and counts 1 where the cost is none, with one line in the log', async () => {
      const asked: (readonly [number, string | undefined])[] = [];
      for (const query of ['?3', '?3', '?x', '?-1', '?0', '']) {
        const { status, headers } = await go(`/by/cost${query}`, bearer({ sub: 'spender' }));
        asked.push([status, headers['x-ratelimit-remaining'] as string]);
      }

      expect(asked).toEqual([
        [200, '2'],
        [429, '2'],
        [200, '1'],
        [200, '0'],
        [200, '0'],
        [429, '0'],
      ]);
      expect(await fixture.running.logged('limits.cost-refused', 1)).toMatchObject([
        { level: 'warn', policy: 'rate-limit', limit: 'default', route: 'GET /by/cost', said: 'NaN' },
      ]);
    });

    it('refuses nobody in the shadow, and says whom it would refuse', async () => {
      const answers = [];
      for (let i = 0; i < 3; i++) answers.push(await go('/by/shadow', bearer({ sub: 'sam' })));
      const last = answers[2] as Answer;
      const metrics = await ask(`${fixture.running.adminUrl}/metrics`);

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(last.headers['x-ratelimit-remaining']).toBe('0');
      expect(last.headers['ratelimit']).toBeUndefined();
      expect(last.headers['retry-after']).toBeUndefined();
      expect(metrics.text).toMatch(/^portcullis_limits_shadowed_total\{.*portcullis_limit="planned".*\} 2$/m);
      expect(await fixture.running.logged('limits.would-refuse', 1)).toMatchObject([
        { level: 'warn', policy: 'rate-limit', limit: 'planned', route: 'GET /by/shadow', requests: 1 },
      ]);
    });

    it('counts addresses before identity and callers behind it, and tells of both in one field', async () => {
      const first = await go('/admitted', bearer({ sub: 'a' }));
      const rest = await statuses(
        '/admitted',
        bearer({ sub: 'a' }),
        bearer({ sub: 'a' }),
        bearer({ sub: 'b' }),
      );
      const beyond = await go('/admitted', bearer({ sub: 'c' }));

      expect(first.headers['ratelimit-policy']).toBe('"admission";q=4;w=3600, "default";q=2;w=3600');
      expect(first.headers['ratelimit']).toMatch(/^"admission";r=3;t=\d+, "default";r=1;t=\d+$/);
      expect(first.headers['x-ratelimit-limit']).toBe('2');
      expect(rest).toEqual([200, 429, 200]);
      expect(beyond.status).toBe(429);
      expect(beyond.json()).toMatchObject({ code: 'rate-limited', policy: 'admission-limit' });
      expect(beyond.headers['retry-after']).toMatch(/^\d+$/);
    });

    it('counts requests whose credentials are refused, so that they cannot be tried without end', async () => {
      const bad = { Authorization: 'Bearer not-a-token' };

      expect(await statuses('/admitted/guessed', bad, {}, bad, bad, bearer())).toEqual([
        401, 401, 401, 429, 429,
      ]);
    });

    it('does not count preflights, but does every other OPTIONS', async () => {
      const page = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
      const preflights = [];
      for (let i = 0; i < 5; i++) preflights.push(await go('/admitted/pages', page, 'OPTIONS'));
      const plain = [];
      for (let i = 0; i < 2; i++)
        plain.push((await go('/admitted/plain', bearer({ sub: `o${i}` }), 'OPTIONS')).status);

      expect(preflights.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
      expect(preflights[0]?.headers['ratelimit']).toBeUndefined();
      expect(plain).toEqual([200, 429]);
      expect(
        await statuses('/admitted/pages', bearer({ sub: 'p' }), bearer({ sub: 'q' }), bearer({ sub: 'r' })),
      ).toEqual([200, 200, 429]);
    });

    it('counts all routes together under a global limit of the defaults', async () => {
      const found = [
        await go('/everywhere/a', bearer({ sub: 'a' })),
        await go('/everywhere/b', bearer({ sub: 'b' })),
        await go('/everywhere/a', {}),
        await go('/everywhere/b', bearer({ sub: 'c' })),
      ];

      expect(found.map(({ status }) => status)).toEqual([200, 200, 401, 429]);
      expect(found[0]?.headers['ratelimit-policy']).toBe('"all";q=3;w=3600');
    });
  });
});

describe('a limit by API key', () => {
  @ProxyController(SERVICE, 'tokens')
  @RateLimit({ limit: 1, window: '1h', by: 'api-key' })
  class TokensController {
    constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

    @Get()
    all(@Forward() call: ForwardCall) {
      return this.service.forward(call);
    }
  }

  it('is refused at start where no caller can be known by one', async () => {
    @Module({
      imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SERVICE)],
      controllers: [TokensController],
    })
    class TokensModule {}

    const starting = startGateway(TokensModule, { environment: { UPSTREAM_URL: 'http://127.0.0.1:1' } });

    await expect(starting).rejects.toThrow(
      "TokensController.all: @RateLimit: by is 'api-key', but the route identifies callers by jwt, never by an API key",
    );
  });
});
