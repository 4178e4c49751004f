import { createPublicKey, verify } from 'node:crypto';
import {
  All,
  type CanActivate,
  Controller,
  Get,
  HttpException,
  Injectable,
  Module,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import {
  Authorize,
  ConfigError,
  Cors,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayError,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import {
  FakeClock,
  fakePrincipal,
  gatewayMatchers,
  type IssuerAlgorithm,
  type Outcome,
  TestIssuer,
  type TestRoutes,
  type TestRoutesOptions,
  testRoutes,
} from 'portcullis/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { WAYS } from '../support/gateway.harness.js';

const USERS = defineUpstream('user-service', {
  targets: env('USERS_URL', 'http://user-service.invalid:1'),
  breaker: { volume: 2, errorPercent: 50, windowMs: 10_000, resetMs: 5_000 },
  retry: false,
});

@Injectable()
class ClosedGuard implements CanActivate {
  canActivate(): boolean {
    throw new HttpException('closed', 423);
  }
}

@ProxyController(USERS, 'users')
@Cors({ origins: ['https://app.example'] })
class UsersController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get(':id')
  @Authorize((claims, call) => claims['sub'] === call.params['id'])
  @RateLimit({ limit: 2, window: '1m', by: 'subject' })
  one(@Param('id') id: string, @Forward() call: ForwardCall) {
    return this.users.forward(call.to('/accounts/:id', { id }).withHeader('X-Seen', 'yes'));
  }

  @Post()
  add(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }

  @Get(':id/joined')
  async joined(@Param('id') id: string) {
    const [user, card] = await Promise.all([
      this.users.get('/accounts/:id', { params: { id } }),
      this.users.get('/cards/:id', { params: { id } }),
    ]);
    return { user, card };
  }

  @Get(':id/closed')
  @UseGuards(ClosedGuard)
  closed(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@ProxyController(USERS, 'open')
@Public()
class OpenController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Controller('own')
class OwnController {
  @Get()
  own() {
    return { own: true };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(USERS)],
  controllers: [UsersController, OpenController, OwnController],
})
class AppModule {}

describe.each(WAYS)('routes without sockets, %s', (way) => {
  let routes: TestRoutes | undefined;

  async function start(options: TestRoutesOptions = {}): Promise<TestRoutes> {
    const environment = {
      PORTCULLIS_COMPILE: way === 'interpreted' ? 'off' : 'auto',
      ...options.environment,
    };
    routes = await testRoutes(AppModule, { ...options, environment });
    return routes;
  }
  afterEach(async () => {
    await routes?.close();
    routes = undefined;
  });

  const ada = fakePrincipal({ subject: 'ada' });

  it('tell what was sent upstream and what came back', async () => {
    const { ask } = bound(
      await start({ upstreams: { 'user-service': { status: 201, body: { id: 'ada' } } } }),
    );

    const outcome = await ask('GET', '/users/ada?x=1', { principal: ada, headers: { Accept: 'text/plain' } });

    expect(outcome).toMatchObject({
      status: 201,
      route: 'GET /users/:id',
      handler: 'UsersController.one',
      code: undefined,
      policy: undefined,
      principal: { subject: 'ada' },
      upstreamRequest: { upstream: 'user-service', method: 'GET', path: '/accounts/ada', query: '?x=1' },
    });
    expect(outcome.upstreamRequest?.headers).toMatchObject({ accept: 'text/plain', 'x-seen': 'yes' });
    expect(outcome.response.json()).toEqual({ id: 'ada' });
    expect(outcome.response.headers['x-correlation-id']).toBe(
      outcome.upstreamRequest?.headers['x-correlation-id'],
    );
  });

  it('tell who refused and why, and that nothing was sent', async () => {
    const { ask } = bound(await start());

    const nobody = await ask('GET', '/users/ada');
    const other = await ask('GET', '/users/bob', { principal: ada });
    const dots = await ask('GET', '/users/%2e%2e/x', { principal: ada });
    const nowhere = await ask('GET', '/nowhere');
    const page = await ask('OPTIONS', '/users/ada', {
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' },
    });

    expect([nobody, other, page].map(({ status, policy, code }) => [status, policy, code])).toEqual([
      [401, 'authenticate', 'unauthenticated'],
      [403, 'authorize', 'forbidden'],
      [403, 'cors', 'forbidden'],
    ]);
    expect(page.reason).toBe('origin-not-allowed');
    expect([dots.status, nowhere.status, nowhere.code]).toEqual([400, 404, 'route-not-found']);
    for (const { upstreamRequests } of [nobody, other, dots, nowhere, page])
      expect(upstreamRequests).toEqual([]);
  });

  it('send bodies, and answer each of several requests for its own', async () => {
    const { ask } = bound(await start({ upstreams: { 'user-service': ({ text }) => ({ body: text }) } }));

    const outcomes = await Promise.all(
      [1, 2, 3].map((number) => ask('POST', '/users', { principal: ada, body: { number } })),
    );

    expect(outcomes.map(({ response }) => response.json())).toEqual([
      { number: 1 },
      { number: 2 },
      { number: 3 },
    ]);
    expect(outcomes[1]?.upstreamRequest?.headers['content-type']).toBe('application/json');
  });

  it('hold every request of a handler that joins several', async () => {
    const { ask } = bound(await start({ upstreams: { 'user-service': ({ path }) => ({ body: { path } }) } }));

    const outcome = await ask('GET', '/users/7/joined', { principal: ada });

    expect(outcome.upstreamRequests.map(({ path }) => path)).toEqual(['/accounts/7', '/cards/7']);
    expect(outcome.response.json()).toEqual({ user: { path: '/accounts/7' }, card: { path: '/cards/7' } });
  });

  it("run a team's own guards, ordinary controllers, and whatever came by TLS from wherever", async () => {
    const { ask } = bound(await start());

    const closed = await ask('GET', '/users/7/closed', { principal: ada });
    const own = await ask('GET', '/own');
    const far = await ask('GET', '/open/x', { clientAddress: '203.0.113.9', tls: true });

    expect([closed.status, own.status]).toEqual([423, 200]);
    expect(own.response.json()).toEqual({ own: true });
    expect(far.upstreamRequest?.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
    });
  });

  it('have breakers and limits that follow a clock', async () => {
    const clock = new FakeClock();
    let down = true;
    const { ask } = bound(
      await start({
        clock,
        upstreams: {
          'user-service': () => {
            if (down) throw new GatewayError('upstream-unreachable');
            return {};
          },
        },
      }),
    );
    const codes = async (count: number): Promise<unknown[]> => {
      const found: unknown[] = [];
      for (let i = 0; i < count; i++) found.push((await ask('GET', '/open/x')).code);
      return found;
    };

    expect(await codes(3)).toEqual(['upstream-unreachable', 'upstream-unreachable', 'breaker-open']);
    down = false;

    const limited: number[] = [];
    for (let i = 0; i < 3; i++) limited.push((await ask('GET', '/users/ada', { principal: ada })).status);
    clock.advance(60_000);

    expect(limited).toEqual([503, 503, 429]);
    expect((await ask('GET', '/users/ada', { principal: ada })).policy).not.toBe('rate-limit');
  });

  it('verify real tokens where no principal is given', async () => {
    const clock = new FakeClock();
    const issuer = new TestIssuer({ algorithm: 'HS256', clock });
    const { ask } = bound(await start({ clock, environment: issuer.environment }));
    const headers = { Authorization: `Bearer ${issuer.token({ subject: 'ada' })}` };

    const fresh = await ask('GET', '/users/ada', { headers });
    clock.advance(2 * 3_600_000);
    const stale = await ask('GET', '/users/ada', { headers });

    expect([fresh.status, stale.status]).toEqual([200, 401]);
    expect(fresh.principal?.method).toBe('jwt');
  });

  it('refuse an upstream that nobody has, and list what start would list', async () => {
    await expect(start({ upstreams: { 'user-servce': {} } })).rejects.toThrow(
      'upstreams names "user-servce", which the application does not have; it has user-service.',
    );
    await expect(start({ environment: { PORT: 'x' } })).rejects.toBeInstanceOf(ConfigError);
  });
});

const bound = (routes: TestRoutes) => ({
  ask: (...given: Parameters<TestRoutes['ask']>): Promise<Outcome> => routes.ask(...given),
});

describe('the matchers', () => {
  const context = {
    equals: (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right),
  };
  const sent = {
    upstream: 'user-service',
    method: 'POST',
    path: '/a',
    query: '',
    headers: { accept: 'text/plain' },
    rawHeaders: [],
    body: Buffer.from('{"a":1}'),
    text: '{"a":1}',
    json: () => ({ a: 1 }),
  };
  const outcome = {
    status: 403,
    policy: 'authorize',
    code: 'forbidden',
    upstreamRequests: [sent],
  } as unknown as Outcome;

  it('say what became of the request instead', () => {
    const { pass, message } = gatewayMatchers.toBeDeniedBy.call(context, outcome, 'cors', 403);

    expect(pass).toBe(false);
    expect(message()).toBe(
      'expected the request to be denied by cors with 403, but it was answered 403 by no route\n' +
        '  error forbidden, policy authorize, reason -\n' +
        '  sent to user-service: POST /a {"accept":"text/plain"}',
    );
  });

  it.each([
    [{}, true],
    [{ method: 'POST', path: '/a' }, true],
    [{ method: 'GET' }, false],
    [{ headers: { Accept: 'text/plain', Cookie: undefined } }, true],
    [{ headers: { Accept: 'text/html' } }, false],
    [{ body: { a: 1 } }, true],
    [{ body: '{"a":1}' }, true],
    [{ body: Buffer.from('x') }, false],
    [{ body: undefined }, false],
  ])('%j: %s', (expected, pass) => {
    expect(gatewayMatchers.toSendUpstream.call(context, outcome, expected).pass).toBe(pass);
  });

  it('tell upstreams apart', () => {
    expect(gatewayMatchers.toReach.call(context, outcome, 'user-service').pass).toBe(true);
    expect(gatewayMatchers.toReach.call(context, outcome, 'order-service').pass).toBe(false);
  });
});

describe('a test issuer', () => {
  it.each<[IssuerAlgorithm, string, string | null]>([
    ['RS256', 'RSA', 'sha256'],
    ['RS512', 'RSA', 'sha512'],
    ['ES256', 'EC', 'sha256'],
    ['ES384', 'EC', 'sha384'],
    ['ES512', 'EC', 'sha512'],
    ['EdDSA', 'OKP', null],
  ])('signs with %s what its set verifies', (algorithm, kty, hash) => {
    const issuer = new TestIssuer({ algorithm, clock: new FakeClock(1_000_000) });

    const [header = '', claims = '', signature = ''] = issuer
      .token({ subject: 'ada', scopes: ['a', 'b'], claims: { tenant: 7, aud: undefined } })
      .split('.');

    const [key] = issuer.jwks.keys;
    expect(key).toMatchObject({ kty, use: 'sig', alg: algorithm });
    expect(key).not.toHaveProperty('d');
    expect(decode(header)).toEqual({ alg: algorithm, typ: 'JWT', kid: key?.['kid'] });
    expect(decode(claims)).toEqual({
      iss: 'https://issuer.test',
      sub: 'ada',
      scope: 'a b',
      tenant: 7,
      iat: 1_000,
      exp: 4_600,
    });
    const verified = verify(
      hash,
      Buffer.from(`${header}.${claims}`),
      { key: createPublicKey({ key: key as object, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    expect(verified).toBe(true);
  });

  it('changes its key, and keeps the old one unless it is dropped', () => {
    const issuer = new TestIssuer({ algorithm: 'ES256' });
    const [first] = issuer.jwks.keys;

    issuer.rotate();
    expect(issuer.jwks.keys).toHaveLength(2);
    expect(issuer.jwks.keys[1]).toEqual(first);
    issuer.rotate({ drop: true });

    expect(issuer.jwks.keys).toHaveLength(1);
    expect(issuer.publicKeyPem).toContain('BEGIN PUBLIC KEY');
  });
});

it('a fake clock moves forward only', () => {
  const clock = new FakeClock(5);

  clock.advance(10);

  expect([clock.now(), clock.monotonic()]).toEqual([15, 10]);
  expect(() => clock.advance(-1)).toThrow(RangeError);
});

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
