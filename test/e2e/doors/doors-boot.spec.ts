import { All, Controller, Get, Module, Res, type Type, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import {
  Authenticate,
  Authorize,
  ConfigError,
  declarePolicy,
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectBreaker,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  RateLimit,
  RateLimitGuard,
  RequireScope,
  Timeout,
  Unfiltered,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../../support/gateway.harness.js';

const USERS = defineUpstream('users', { targets: 'http://127.0.0.1:9' });
const ORDERS = defineUpstream('orders', { targets: 'http://127.0.0.1:9' });

/** What a gateway of these controllers is refused for, as `where: message`. */
async function refusals(
  controllers: readonly Type[],
  {
    authentication = true,
    upstreams = [USERS],
  }: { authentication?: boolean; upstreams?: (typeof USERS)[] } = {},
): Promise<readonly string[]> {
  @Module({
    imports: [
      GatewayModule.forRoot(authentication ? { authentication: jwt() } : {}),
      UpstreamModule.forFeature(...upstreams),
    ],
    controllers: [...controllers],
  })
  class AppModule {}
  const error: unknown = await startGateway(AppModule).then(
    (running) => running.close(),
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return [];
  if (!(error instanceof ConfigError)) throw error;
  return error.problems.map(({ where, message }) => `${where}: ${message}`);
}

abstract class Forwards {
  protected readonly answer = (call: ForwardCall): ForwardCall => call;
}

describe('boot refuses', () => {
  it('a route without authentication that does not say it is public', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get('open')
      @Public()
      open() {}

      @Get(':id')
      one() {}
    }

    expect(await refusals([UsersController], { authentication: false })).toEqual([
      'UsersController.one: GET /api/users/:id has no authentication; add @Authenticate(…), a default in GatewayModule.forRoot({ authentication }), or @Public() when it is meant to be open.',
    ]);
  });

  it('two routes of one address', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get(':id')
      one() {}

      @Get(':name')
      other() {}
    }

    expect(await refusals([UsersController])).toEqual([
      'UsersController.other: GET /api/users/:name can never be reached: UsersController.one (GET /api/users/:id) takes the same requests first; remove one or change its path.',
    ]);
  });

  it('a route that another shadows with every method', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @All('*path')
      all() {}

      @Get('*rest')
      some() {}
    }

    expect(await refusals([UsersController])).toEqual([
      expect.stringMatching(
        /^UsersController\.some: GET \/api\/users\/\*rest can never be reached: UsersController\.all/,
      ),
    ]);
  });

  it('two upstreams of one name', async () => {
    const TWIN = defineUpstream('users', { targets: 'http://127.0.0.1:10' });
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get()
      all() {}
    }

    expect(await refusals([UsersController], { upstreams: [USERS, TWIN] })).toEqual([
      'users: two upstreams have this name; rename one, or share one defineUpstream(…).',
    ]);
  });

  it('an upstream that a circular import left undefined where a module imports it', async () => {
    const upstreams = [USERS, undefined as unknown as typeof USERS];

    expect(await refusals([], { upstreams })).toEqual([
      'UpstreamModule.forFeature: one of its upstreams is undefined; give it what defineUpstream(…) returned (a circular import leaves it undefined).',
    ]);
  });

  it('an upstream that is defined and not imported', async () => {
    @ProxyController(ORDERS, 'api/orders')
    class OrdersController extends Forwards {
      @Get()
      all() {}
    }

    expect(await refusals([OrdersController])).toEqual([
      'OrdersController: the upstream "orders" is not imported; add UpstreamModule.forFeature(…) to the imports of AppModule.',
    ]);
  });

  it('an upstream that is injected and not imported, in the words of the gateway and not of Nest', async () => {
    @ProxyController(ORDERS, 'api/orders')
    class OrdersController {
      constructor(@InjectUpstream(ORDERS) readonly orders: UpstreamClient) {}

      @Get()
      all() {}
    }

    expect(await refusals([OrdersController])).toEqual([
      'OrdersController: the upstream "orders" is not imported; add UpstreamModule.forFeature(…) to the imports of the module that declares OrdersController.',
    ]);
  });

  it('a breaker that is injected and whose upstream is not imported', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController {
      @InjectBreaker(ORDERS) readonly breaker: object;

      @Get()
      all() {}
    }

    expect(await refusals([UsersController])).toEqual([
      'UsersController: the upstream "orders" is not imported; add UpstreamModule.forFeature(…) to the imports of the module that declares UsersController.',
    ]);
  });

  it('an unknown upstream: what a circular import leaves undefined', async () => {
    @ProxyController(undefined as never, 'api/users')
    class UsersController extends Forwards {
      @Get()
      all() {}
    }

    expect(await refusals([UsersController])).toEqual([
      'UsersController: its upstream is undefined; give @ProxyController what defineUpstream(…) returned (a circular import leaves it undefined).',
    ]);
  });

  it('an invalid option of an upstream', async () => {
    const BROKEN = defineUpstream('broken', {
      targets: env('BROKEN_URL'),
      breaker: { errorPercent: 150 },
      timeout: { conectMs: 1 } as never,
    });
    @ProxyController(BROKEN, 'api/broken')
    class BrokenController extends Forwards {
      @Get()
      all() {}
    }

    const problems = await refusals([BrokenController], { upstreams: [BROKEN] });

    expect(problems).toHaveLength(3);
    expect(problems).toContain('broken: breaker.errorPercent is 150; must be 1–100.');
    expect(problems).toContain('broken: timeout.conectMs is not an option; did you mean timeout.connectMs?');
    expect(problems.join('\n')).toMatch(/^broken: .*BROKEN_URL/m);
  });

  it('an invalid option of a policy', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get()
      @RateLimit({ limit: -1, window: '1m', by: 'subject' })
      all() {}
    }

    const problems = await refusals([UsersController]);

    expect(problems).toEqual([
      expect.stringMatching(/^UsersController\.all: @RateLimit: limit is -1; must be /),
    ]);
  });

  it('a declared policy that nothing enforces', async () => {
    const Watermark = declarePolicy({ policy: 'watermark', options: {}, writtenAs: '@Watermark' });
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get()
      @Watermark
      all() {}
    }

    expect(await refusals([UsersController])).toEqual([
      'UsersController.all: @Watermark declares the policy "watermark", which nothing enforces; register it in GatewayModule.forRoot({ policies }).',
    ]);
  });

  it('a policy on an ordinary controller that nothing enforces, an inherited one too', async () => {
    @RequireScope('admin')
    class Guarded {
      @Get()
      all() {}
    }
    @Controller('plain')
    class PlainController extends Guarded {}

    expect(await refusals([PlainController])).toEqual([
      expect.stringMatching(
        /^PlainController\.all: @\w+ stands on an ordinary controller and nothing enforces it/,
      ),
    ]);
  });

  it('an unfiltered route beside a filtered one, unless it says so', async () => {
    @ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
    class UsersController extends Forwards {
      @Get(':id')
      @FilterResponse({ omit: ['ssn'] })
      one() {}

      @All('*path')
      rest() {}
    }
    @ProxyController(USERS, 'raw/users', { upstreamPath: '/users' })
    @Unfiltered('for the audit, which needs every field')
    class RawController extends Forwards {
      @Get(':id')
      one() {}
    }

    expect(await refusals([UsersController, RawController])).toEqual([
      expect.stringMatching(
        /^UsersController\.rest: ALL \/api\/users\/\*path passes users through unfiltered and also reaches what UsersController\.one filters/,
      ),
    ]);
  });

  it('a filter on a handler that writes the answer itself', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get(':id')
      @FilterResponse({ omit: ['ssn'] })
      one(@Res() res: Response) {
        res.end();
      }
    }

    expect(await refusals([UsersController])).toEqual([
      'UsersController.one: @Res() writes the answer past the gateway, so filter-response cannot see it; return the answer instead.',
    ]);
  });

  it('a plain controller that extends a proxy controller: it is not mistaken for it and stays closed', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get(':id')
      one() {}
    }
    @Controller('open/users')
    class OpenController extends UsersController {}

    expect(await refusals([UsersController, OpenController])).toEqual([
      'OpenController.one: it inherits a handler of the proxy controller UsersController without being one; make OpenController a @ProxyController, or do not extend UsersController.',
    ]);
  });

  it('a guard that overrides what it inherits and would no longer enforce what it stands for', async () => {
    class HouseGuard extends RateLimitGuard {
      protected override getTracker(): Promise<string> {
        return Promise.resolve('everybody');
      }
    }
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {
      @Get(':id')
      @UseGuards(HouseGuard)
      one() {}
    }

    expect(await refusals([UsersController])).toEqual([
      expect.stringMatching(/^UsersController\.one: HouseGuard overrides what it inherits from the gateway/),
    ]);
  });

  it('a proxy controller without a route', async () => {
    @ProxyController(USERS, 'api/users')
    class UsersController extends Forwards {}

    expect(await refusals([UsersController])).toEqual([
      'UsersController: it has no route; add a handler such as @All(["", "*path"]) that forwards the call.',
    ]);
  });

  it('an upstreamPath that does not fit the prefix', async () => {
    @ProxyController(USERS, 'api/:tenant', { upstreamPath: '/t/:customer' })
    class UsersController extends Forwards {
      @Get('users')
      all() {}
    }

    expect(await refusals([UsersController])).toEqual([
      'UsersController.all: upstreamPath names ":customer", which the prefix "/api/:tenant" does not have; add it there, or take it out here.',
    ]);
  });

  it('all of it at once, each with its class and method', async () => {
    const TWIN = defineUpstream('users', { targets: 'http://127.0.0.1:10', breaker: { volume: 0 } });
    @ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
    class UsersController extends Forwards {
      @Get(':id')
      @Authenticate(jwt())
      @FilterResponse({ omit: ['ssn'] })
      one() {}

      @Get(':name')
      @Public()
      @FilterResponse({ omit: ['ssn'] })
      twin() {}

      @All('*path')
      @Public()
      rest(@Forward() call: ForwardCall) {
        return this.answer(call);
      }
    }
    @ProxyController(ORDERS, 'api/orders')
    class OrdersController extends Forwards {
      @Get()
      @Timeout({ headersMs: -1 })
      all() {}

      @Get(':id')
      @Authorize({ scopes: [] } as never)
      @Authenticate(jwt())
      one() {}
    }
    @Controller('plain')
    class PlainController {
      @Get()
      @RateLimit({ limit: 1, window: '1m', by: 'address' })
      all() {}
    }

    const problems = await refusals([UsersController, OrdersController, PlainController], {
      authentication: false,
      upstreams: [USERS, TWIN],
    });

    const places = problems.map((problem) => problem.slice(0, problem.indexOf(': ')));
    expect([...new Set(places)].sort()).toEqual([
      'OrdersController',
      'OrdersController.all',
      'OrdersController.one',
      'PlainController.all',
      'UsersController.rest',
      'UsersController.twin',
      'users',
    ]);
    expect(problems.filter((problem) => problem.startsWith('users: '))).toHaveLength(2);
    expect(problems.filter((problem) => problem.startsWith('OrdersController.all: '))).toHaveLength(2);
  });
});
