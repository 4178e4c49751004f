import { All, Get, Module } from '@nestjs/common';
import { type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import {
  AdmissionLimit,
  ConcurrencyLimit,
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
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, describe, expect, it } from 'vitest';
import { DistantLimitStore } from '../support/distant.limit-store.js';
import { Gate } from '../support/gate.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, WAYS } from '../support/gateway.harness.js';
import { bearer } from '../support/tokens.js';

const SERVICE = defineUpstream('viewed-service', { targets: env('UPSTREAM_URL') });
const ADMIN_TOKEN = 'an-admin-token-for-tests';

@ProxyController(SERVICE, 'viewed')
@ConcurrencyLimit({ limit: 2, bucket: 'places' })
class ViewedController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('quota')
  @RateLimit({ limit: 2, window: '1m', also: [{ limit: 10, window: '1d' }], bucket: 'quota' })
  @NoConcurrencyLimit('not what is tested')
  quota(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('also-quota')
  @RateLimit({ limit: 2, window: '1m', also: [{ limit: 10, window: '1d' }], bucket: 'quota' })
  @NoConcurrencyLimit('not what is tested')
  alsoQuota(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('tenant')
  @Public()
  @RateLimit({ limit: 1, window: '1h', by: { header: 'X-Tenant' }, bucket: 'tenants & co' })
  @NoConcurrencyLimit('not what is tested')
  tenant(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('claim')
  @RateLimit({ limit: 1, window: '1h', by: { claim: 'https://example.org/tenant' }, bucket: 'claims' })
  @NoConcurrencyLimit('not what is tested')
  claim(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('admitted')
  @Public()
  @AdmissionLimit({ limit: 1, window: '1h' })
  @NoConcurrencyLimit('not what is tested')
  admitted(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('places')
  places(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** Takes whatever no other route takes. */
@ProxyController(SERVICE, '')
@Public()
class RestController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @All('*path')
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SERVICE)],
  controllers: [ViewedController, RestController],
})
class AppModule {}

interface Limit {
  readonly policy: string;
  readonly name: string;
  readonly bucket: string;
  readonly kind: string;
  readonly allowed: readonly string[];
  readonly routes: readonly string[];
}

describe.each(WAYS)('the view of limits on the admin port, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way, environment: { ADMIN_TOKEN, TRUSTED_PROXIES: '127.0.0.1' } });

  const view = (query: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> => {
    const search = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`;
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    return ask(`${fixture.running.adminUrl}/limits${search}`, { method, headers });
  };
  const list = async (): Promise<readonly Limit[]> => (await view()).json() as Limit[];
  const status = async (path: string, headers: Ask['headers'] = {}): Promise<number> =>
    (await ask(fixture.running.url + path, { headers })).status;

  it('lists every limit once for each kind of key, with what it allows and where', async () => {
    const limits = await list();

    expect(limits.filter(({ bucket }) => bucket === 'quota')).toEqual([
      {
        policy: 'rate-limit',
        name: 'default',
        bucket: 'quota',
        kind: 'subject',
        allowed: ['2 requests in 1m', '10 requests in 1d'],
        routes: ['GET /viewed/quota', 'GET /viewed/also-quota'],
      },
      expect.objectContaining({ bucket: 'quota', kind: 'address' }),
    ]);
    expect(limits.filter(({ bucket }) => bucket === 'tenants & co').map(({ kind }) => kind)).toEqual([
      'header:x-tenant',
      'no-header:x-tenant',
    ]);
    expect(limits).toContainEqual({
      policy: 'concurrency-limit',
      name: 'concurrency',
      bucket: 'concurrency places',
      kind: 'subject',
      allowed: ['2 requests at a time'],
      routes: ['GET /viewed/places'],
    });
    expect(limits).toContainEqual(
      expect.objectContaining({ policy: 'admission-limit', kind: 'address', name: 'admission' }),
    );
  });

  it('tells how a key stands, and counts nothing', async () => {
    await status('/viewed/quota', bearer({ sub: 'ann' }));

    const [first, second] = [
      await view({ bucket: 'quota', key: 'ann' }),
      await view({ bucket: 'quota', key: 'ann' }),
    ];

    for (const { status: code, json } of [first, second]) {
      expect(code).toBe(200);
      expect(json()).toEqual([
        {
          policy: 'rate-limit',
          name: 'default',
          bucket: 'quota',
          kind: 'subject',
          key: 'ann',
          allowed: ['2 requests in 1m', '10 requests in 1d'],
          windows: [
            { remaining: 1, resetSeconds: expect.toSatisfy((left: number) => left > 50 && left <= 60) },
            { remaining: 9, resetSeconds: expect.toSatisfy((left: number) => left > 86_390) },
          ],
        },
        expect.objectContaining({
          kind: 'address',
          windows: [expect.objectContaining({ remaining: 2 }), expect.objectContaining({ remaining: 10 })],
        }),
      ]);
    }
    expect(await status('/viewed/quota', bearer({ sub: 'ann' }))).toBe(200);
  });

  it('lets a key begin anew, and leaves the others alone', async () => {
    const go = (sub: string) => status('/viewed/quota', bearer({ sub }));
    const before = [await go('bob'), await go('bob'), await go('bob'), await go('cleo'), await go('cleo')];

    const reset = await view({ bucket: 'quota', key: 'bob' }, 'DELETE');

    const after = [await go('bob'), await go('bob'), await go('bob'), await go('cleo')];
    expect(before).toEqual([200, 200, 429, 200, 200]);
    expect(reset.status).toBe(200);
    expect(reset.json()).toEqual({ reset: 2 });
    expect(after).toEqual([200, 200, 429, 429]);
  });

  it('lets an address begin anew that is limited before identity', async () => {
    const bucket = (await list()).find(({ policy }) => policy === 'admission-limit')?.bucket as string;
    const before = [await status('/viewed/admitted'), await status('/viewed/admitted')];

    await view({ bucket, key: '127.0.0.1' }, 'DELETE');

    const after = [await status('/viewed/admitted'), await status('/viewed/admitted')];
    expect(before).toEqual([200, 429]);
    expect(after).toEqual([200, 429]);
  });

  it('tells how many requests of a key run, and forgets them', async () => {
    const [arrived, finish] = heldUpstream(fixture);
    const running = ask(`${fixture.running.url}/viewed/places`, { headers: bearer({ sub: 'dora' }) });
    await arrived;
    const during = await view({ bucket: 'concurrency places', key: 'dora' });
    await view({ bucket: 'concurrency places', key: 'dora' }, 'DELETE');
    const forgotten = await view({ bucket: 'concurrency places', key: 'dora' });
    finish();
    await running;

    const ofSubject = (answer: Answer) =>
      (answer.json() as { kind: string; running: number }[]).find(({ kind }) => kind === 'subject');
    expect(ofSubject(during)).toMatchObject({ policy: 'concurrency-limit', key: 'dora', running: 1 });
    expect(ofSubject(forgotten)).toMatchObject({ running: 0 });
  });

  it.each(['a&b=c', 'ä ö+ü', '100%', '?#/\\"', 'a:b c', "o'neill@example.org", '%20'])(
    'finds the key %s',
    async (key) => {
      const tenant = { 'X-Tenant': Buffer.from(key).toString('latin1') };
      // What stands in a header is read byte by byte.
      const counted = tenant['X-Tenant'];
      const before = [await status('/viewed/tenant', tenant), await status('/viewed/tenant', tenant)];

      const standing = await view({ bucket: 'tenants & co', key: counted });
      await view({ bucket: 'tenants & co', key: counted }, 'DELETE');

      const after = await status('/viewed/tenant', tenant);
      expect(before).toEqual([200, 429]);
      expect(standing.json()).toContainEqual(
        expect.objectContaining({ key: counted, windows: [expect.objectContaining({ remaining: 0 })] }),
      );
      expect(after).toBe(200);
    },
  );

  it('finds a claim of any text', async () => {
    const caller = bearer({ sub: 'x', 'https://example.org/tenant': 'naïve & 東京' });
    const before = [await status('/viewed/claim', caller), await status('/viewed/claim', caller)];

    await view({ bucket: 'claims', key: 'naïve & 東京' }, 'DELETE');

    expect(before).toEqual([200, 429]);
    expect(await status('/viewed/claim', caller)).toBe(200);
  });

  it('finds a text that is counted by its digest, and an IPv6 address that is counted by its subnet', async () => {
    const tenant = 'x'.repeat(1_000);
    const from = { 'X-Forwarded-For': '2001:db8:0:7::1' };
    const before = [
      await status('/viewed/tenant', { 'X-Tenant': tenant }),
      await status('/viewed/tenant', { 'X-Tenant': tenant }),
      await status('/viewed/tenant', from),
      await status('/viewed/tenant', from),
    ];

    const standing = await view({ bucket: 'tenants & co', key: '2001:db8:0:7::2' });
    await view({ bucket: 'tenants & co', key: '2001:db8:0:7::2' }, 'DELETE');
    await view({ bucket: 'tenants & co', key: tenant }, 'DELETE');

    const after = [
      await status('/viewed/tenant', { 'X-Tenant': tenant }),
      await status('/viewed/tenant', from),
    ];
    expect(before).toEqual([200, 429, 200, 429]);
    expect(standing.json()).toContainEqual(
      expect.objectContaining({
        kind: 'no-header:x-tenant',
        key: '2001:db8:0:7::/64',
        windows: [expect.objectContaining({ remaining: 0 })],
      }),
    );
    expect(after).toEqual([200, 200]);
  });

  it('says what is missing from a question', async () => {
    const answers = [
      await view({ bucket: 'quota' }),
      await view({ key: 'ann' }),
      await view({}, 'DELETE'),
      await view({ bucket: 'quota' }, 'DELETE'),
    ];

    expect(answers.map(({ status: code }) => code)).toEqual([400, 400, 400, 400]);
    for (const { headers, json } of answers) {
      expect(headers['content-type']).toBe('application/problem+json');
      expect(json()).toEqual({ title: 'Name both, ?bucket=…&key=…', status: 400 });
    }
  });

  it('knows no other buckets', async () => {
    const answers = [
      await view({ bucket: 'quotas', key: 'ann' }),
      await view({ bucket: 'quotas', key: 'ann' }, 'DELETE'),
    ];

    expect(answers.map(({ status: code }) => code)).toEqual([404, 404]);
    expect(answers[0]?.json()).toMatchObject({
      title: 'No limit has such a bucket',
      detail: 'GET /limits lists them.',
    });
  });

  it('takes no other method, and answers HEAD without a body', async () => {
    const [post, put, head] = [await view({}, 'POST'), await view({}, 'PUT'), await view({}, 'HEAD')];

    expect([post, put, head].map(({ status: code }) => code)).toEqual([405, 405, 200]);
    expect(post?.headers['allow']).toBe('GET, HEAD, DELETE');
    expect(head?.text).toBe('');
  });

  it('leaves the other views to be read only', async () => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const answer = await ask(`${fixture.running.adminUrl}/routes`, { method: 'DELETE', headers });

    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  it.each(['GET', 'HEAD', 'DELETE', 'POST'])('asks %s for the token', async (method) => {
    const url = `${fixture.running.adminUrl}/limits?bucket=quota&key=emil`;
    const go = () => status('/viewed/quota', bearer({ sub: 'emil' }));
    await go();
    await go();

    const without = await ask(url, { method });
    const wrong = await ask(url, { method, headers: { Authorization: 'Bearer wrong' } });

    expect([without.status, wrong.status]).toEqual([401, 401]);
    expect(without.headers['www-authenticate']).toBe('Bearer');
    expect(await go()).toBe(429);
  });

  it('is not reachable through the traffic port', async () => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const go = () => status('/viewed/quota', bearer({ sub: 'finn' }));
    await go();
    await go();

    const answer = await ask(`${fixture.running.url}/limits?bucket=quota&key=finn`, {
      method: 'DELETE',
      headers,
    });

    expect(answer.json()).toEqual({ ok: true });
    expect(fixture.upstream.last).toMatchObject({ method: 'DELETE', url: '/limits?bucket=quota&key=finn' });
    expect(await go()).toBe(429);
  });
});

describe('the view of limits on a storage of the team', () => {
  const DEAD = 'The store of limits could not be asked';
  const stores = { distant: new DistantLimitStore(), throttler: new ThrottlerStorageService() };
  const fixtures = {
    distant: gatewayOf(appOn(stores.distant), {}),
    throttler: gatewayOf(appOn(stores.throttler), {}),
  };
  afterAll(() => stores.throttler.onApplicationShutdown());

  const view = (kind: keyof typeof fixtures, method: string): Promise<Answer> =>
    ask(`${fixtures[kind].running.adminUrl}/limits?bucket=team&key=ann`, { method });
  const status = async (kind: keyof typeof fixtures): Promise<number> =>
    (await fixtures[kind].ask('/team', { headers: bearer({ sub: 'ann' }) })).status;

  it('says so when the store cannot be asked, and lists the limits all the same', async () => {
    stores.distant.dead = true;
    const answers = [await view('distant', 'GET'), await view('distant', 'DELETE')];
    const list = await ask(`${fixtures.distant.running.adminUrl}/limits`);
    stores.distant.dead = false;
    const back = await view('distant', 'GET');

    expect(answers.map((answer) => answer.json())).toEqual([
      { title: DEAD, status: 503 },
      { title: DEAD, status: 503, detail: 'Nothing may have been reset.' },
    ]);
    expect(answers[0]?.headers['retry-after']).toBe('2');
    expect(list.status).toBe(200);
    expect(back.json()).toContainEqual(
      expect.objectContaining({ kind: 'subject', windows: [{ remaining: 1, resetSeconds: 3600 }] }),
    );
  });

  it('counts nobody who is only looked at, where the storage can do nothing but count', async () => {
    const looks = [await view('throttler', 'GET'), await view('throttler', 'GET')];
    const found = [await status('throttler'), await status('throttler')];

    expect(looks.map((look) => look.status)).toEqual([503, 503]);
    expect(found).toEqual([200, 429]);
  });
});

function appOn(storage: ThrottlerStorage): object {
  @ProxyController(SERVICE, 'team')
  class TeamController {
    constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

    @Get()
    @RateLimit({ limit: 1, window: '1h', bucket: 'team' })
    team(@Forward() call: ForwardCall) {
      return this.service.forward(call);
    }
  }

  @Module({
    imports: [
      GatewayModule.forRoot({ authentication: jwt(), rateLimit: { storage } }),
      UpstreamModule.forFeature(SERVICE),
    ],
    controllers: [TeamController],
  })
  class TeamModule {}

  return TeamModule;
}

/** Resolves when a request has come to an upstream that answers none before it is told to. */
function heldUpstream({ upstream }: ReturnType<typeof gatewayOf>): [Promise<void>, () => void] {
  const gate = new Gate();
  const came = new Gate();
  upstream.respond = (_req, res) => {
    came.open();
    void gate.opened.then(() => res.end('late'));
  };
  return [came.opened, () => gate.open()];
}
