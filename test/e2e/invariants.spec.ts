import { All, Get, Module, Post } from '@nestjs/common';
import {
  Authenticate,
  Authorize,
  anonymous,
  anyOf,
  ConfigError,
  createGateway,
  defineUpstream,
  everyRoute,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  type Invariant,
  jwt,
  matching,
  methods,
  ProxyController,
  Public,
  RateLimit,
  RequireScope,
  role,
  scope,
  to,
  type UpstreamClient,
  UpstreamModule,
  under,
} from 'portcullis';
import { describe, expect, it } from 'vitest';

const USERS = defineUpstream('user-service', { targets: 'http://127.0.0.1:9' });

@ProxyController(USERS, 'admin')
@RateLimit({ limit: 10, window: '1m', by: 'subject' })
class AdminController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get('users')
  @RequireScope('admin')
  users_(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }

  @Post('users')
  @Authorize({ roles: ['clerk'] })
  add(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@ProxyController(USERS, 'site')
class SiteController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get('news')
  @Public()
  news(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }

  @Get('shop')
  @Authenticate(anyOf(jwt(), anonymous()))
  @FilterResponse({ omit: ['cost'] })
  shop(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@ProxyController(USERS, '')
class EverythingController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  @FilterResponse({ omit: ['cost'] })
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

async function problemsOf(
  invariants: readonly Invariant[],
  controllers: (new (...args: never[]) => object)[] = [AdminController, SiteController],
): Promise<readonly string[]> {
  @Module({
    imports: [GatewayModule.forRoot({ authentication: jwt(), invariants }), UpstreamModule.forFeature(USERS)],
    controllers,
  })
  class AppModule {}
  const gateway = await createGateway(AppModule, {
    environment: {
      JWT_SECRET: 'a-secret-for-tests-that-is-long-enough',
      LOG_LEVEL: 'silent',
      ACCESS_LOG: 'off',
    },
    nest: { logger: false },
  });
  const error = await gateway.init().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  await gateway.close();
  if (error === undefined) return [];
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ where, message }) => `${where}: ${message}`);
}

describe('boot invariants', () => {
  it('let an application start that keeps them', async () => {
    expect(
      await problemsOf([
        everyRoute.except(matching('is news', ({ path }) => path.endsWith('/news'))).hasAuthentication(),
        under('/admin').hasRateLimit(),
        under('/admin').methods('GET').requires(scope('admin')),
        under('/admin').methods('POST').requires(role('clerk', 'chief')),
        under('/admin').authenticatesWith('jwt'),
        under('/site/shop').isFiltered(),
        to(USERS).satisfies('has a handler', ({ handler }) => handler.includes('.')),
        under('/nowhere').ifAny().isNotPublic(),
      ]),
    ).toEqual([]);
  });

  it('name class, method and rule of every route that breaks one, all at once', async () => {
    expect(
      await problemsOf([
        everyRoute.hasAuthentication({ anonymous: false }),
        under('/admin').requires(scope('admin')),
        methods('GET').hasRateLimit(),
      ]),
    ).toEqual([
      'SiteController.news: GET /site/news breaks the invariant "every route has authentication and lets nobody in without a credential": callers are anybody; its policies are body-limit.',
      'SiteController.shop: GET /site/shop breaks the invariant "every route has authentication and lets nobody in without a credential": callers are known by jwt or anonymous; its policies are body-limit, authenticate, filter-response.',
      'AdminController.add: POST /admin/users breaks the invariant "every route under /admin requires the scope admin": callers are known by jwt, with role clerk; its policies are body-limit, authenticate, authorize, rate-limit.',
      expect.stringContaining(
        'SiteController.news: GET /site/news breaks the invariant "every route that takes GET has a rate limit"',
      ),
      expect.stringContaining(
        'SiteController.shop: GET /site/shop breaks the invariant "every route that takes GET has a rate limit"',
      ),
    ]);
  });

  it('see that a wider route reaches a prefix too', async () => {
    const problems = await problemsOf([under('/admin').requires(scope('admin'))], [EverythingController]);

    expect(problems).toEqual([expect.stringContaining('EverythingController.all: ALL /*path breaks')]);
  });

  it('refuse a rule that speaks of no route, one that is misspelled, and one that fails', async () => {
    const where = 'GatewayModule.forRoot({ invariants })';

    expect(
      await problemsOf([
        under('/admn').isNotPublic(),
        under('admin').isNotPublic(),
        methods('get').isNotPublic(),
        to(undefined as unknown as string).isNotPublic(),
        everyRoute.satisfies('is judged', () => {
          throw new TypeError('no such thing');
        }),
      ]),
    ).toEqual([
      `${where}: "every route under /admn is not public" speaks of no route there is, so it protects nothing; correct it, or say ifAny().`,
      `${where}: "every route under admin is not public": under("admin") must begin with a slash.`,
      `${where}: "every route that takes get is not public": methods("get") must be in capital letters.`,
      expect.stringContaining('names no upstream'),
      `${where}: "every route is judged" cannot be told: TypeError: no such thing`,
    ]);
  });
});
