import {
  Body,
  type CanActivate,
  Controller,
  Get,
  type INestApplication,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  Param,
  Post,
  RequestMethod,
  Scope,
  type Type,
  UseGuards,
  Version,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import express, { type Express } from 'express';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RouteView } from '../../../src/admin/route.view.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../../support/gateway.harness.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { bearer } from '../../support/tokens.js';
import { appOf, type Door, expectDoor, USERS, usersController } from './door.fixture.js';

abstract class Forwards {
  constructor(@InjectUpstream(USERS) protected readonly users: UpstreamClient) {}

  protected named(call: ForwardCall, name: string) {
    return this.users.forward(call.withHeader('x-handler', name));
  }
}

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Versions extends Forwards {
  @Get(':id')
  @Version('1')
  first(@Forward() call: ForwardCall) {
    return this.named(call, 'first');
  }

  @Get(':id')
  @Version('2')
  second(@Forward() call: ForwardCall) {
    return this.named(call, 'second');
  }
}

@Controller({ path: 'api/users', host: 'one.example' })
@ProxyController(USERS, 'api/users', { upstreamPath: '/one' })
class HostOne extends Forwards {
  @Get(':id')
  one(@Forward() call: ForwardCall) {
    return this.named(call, 'one');
  }
}

@Controller({ path: 'api/users', host: 'two.example' })
@ProxyController(USERS, 'api/users', { upstreamPath: '/two' })
class HostTwo extends Forwards {
  @Get(':id')
  one(@Forward() call: ForwardCall) {
    return this.named(call, 'two');
  }
}

abstract class Animals extends Forwards {
  @Get(':id')
  one(@Param('id') id: string, @Forward() call: ForwardCall) {
    return this.named(call, `${this.constructor.name} ${id}`);
  }
}

@ProxyController(USERS, 'api/cats', { upstreamPath: '/cats' })
class Cats extends Animals {}

@ProxyController(USERS, 'api/dogs', { upstreamPath: '/dogs' })
@RequireScope('dogs')
class Dogs extends Animals {}

@Injectable({ scope: Scope.REQUEST })
class RequestState {
  readonly made = Symbol('one per request');
}

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class WithRequestState extends Forwards {
  @Inject(RequestState) readonly state: RequestState;

  @Get(':id')
  one(@Forward() call: ForwardCall) {
    return this.named(call, typeof this.state.made);
  }
}

@Controller('plain')
class PlainController {
  @Post()
  create(@Body() body: unknown) {
    return { got: body };
  }

  @Get('missing')
  missing(): never {
    throw new NotFoundException('no such thing');
  }
}

const DOORS: readonly Door[] = [
  {
    name: 'setGlobalPrefix',
    runs: 'compiled',
    times: 0,
    path: '/gw/api/users/7',
    open: () => ({ module: appOf(), prepare: (app) => void app.setGlobalPrefix('gw') }),
  },
  {
    name: 'enableVersioning in the URI',
    runs: 'compiled',
    times: 0,
    path: '/v2/api/users/7',
    open: () => ({
      module: appOf({ controllers: [Versions] }),
      prepare: (app) => void app.enableVersioning({ type: VersioningType.URI }),
    }),
  },
  {
    name: 'enableVersioning by header',
    runs: 'interpreted',
    because: '@Version',
    times: 0,
    ask: { headers: { 'X-Version': '2' } },
    open: () => ({
      module: appOf({ controllers: [Versions] }),
      prepare: (app) => void app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
    }),
  },
  {
    name: 'enableVersioning by media type',
    runs: 'interpreted',
    because: '@Version',
    times: 0,
    ask: { headers: { Accept: 'application/json;v=2' } },
    open: () => ({
      module: appOf({ controllers: [Versions] }),
      prepare: (app) => void app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' }),
    }),
  },
  {
    name: 'a version nobody has',
    runs: 'interpreted',
    because: '@Version',
    times: 0,
    status: 404,
    forwards: false,
    ask: { headers: { 'X-Version': '3' } },
    open: () => ({
      module: appOf({ controllers: [Versions] }),
      prepare: (app) => void app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
    }),
  },
  {
    name: 'host-scoped controllers',
    runs: 'interpreted',
    because: 'a host-scoped controller',
    times: 0,
    ask: { headers: { Host: 'two.example' } },
    open: () => ({ module: appOf({ controllers: [HostOne, HostTwo] }) }),
  },
  {
    name: 'a host nobody has',
    runs: 'interpreted',
    because: 'a host-scoped controller',
    times: 0,
    status: 404,
    forwards: false,
    ask: { headers: { Host: 'three.example' } },
    open: () => ({ module: appOf({ controllers: [HostOne, HostTwo] }) }),
  },
  {
    name: 'inherited handlers of one subclass',
    runs: 'compiled',
    times: 0,
    path: '/api/cats/7',
    open: () => ({ module: appOf({ controllers: [Cats, Dogs] }) }),
  },
  {
    name: 'inherited handlers of another subclass, with a policy of its own',
    runs: 'compiled',
    times: 0,
    path: '/api/dogs/7',
    status: 403,
    forwards: false,
    open: () => ({ module: appOf({ controllers: [Cats, Dogs] }) }),
  },
  {
    name: 'a request-scoped provider of the controller',
    runs: 'interpreted',
    because: 'a request-scoped provider',
    times: 0,
    open: () => ({ module: appOf({ controllers: [WithRequestState], providers: [RequestState] }) }),
  },
  {
    name: 'RouterModule',
    runs: 'compiled',
    times: 0,
    path: '/outer/api/users/7',
    open: () => {
      @Module({ imports: [UpstreamModule.forFeature(USERS)], controllers: [usersController()] })
      class InnerModule {}
      @Module({
        imports: [
          GatewayModule.forRoot({ authentication: jwt() }),
          InnerModule,
          RouterModule.register([{ path: 'outer', module: InnerModule }]),
        ],
      })
      class RoutedModule {}
      return { module: RoutedModule };
    },
  },
];

describe('a route is the same on both ways where the application changes its address', () => {
  it.each(DOORS)('$name', (door) => expectDoor(door));
});

describe.each(WAYS)('beside and around proxy routes, %s', (way) => {
  let upstream: RecordingUpstream;
  let running: RunningGateway | undefined;

  const start = async (module: Type, prepare?: (app: INestApplication) => void): Promise<RunningGateway> => {
    running = await startGateway(module, {
      way,
      environment: { USERS_URL: upstream.url },
      ...(prepare === undefined ? {} : { prepare }),
    });
    return running;
  };

  beforeEach(async () => {
    upstream = await RecordingUpstream.start();
  });

  afterEach(async () => {
    await running?.close();
    running = undefined;
    await upstream.close();
  });

  it('gives ordinary controllers their body and leaves their errors in the format of Nest', async () => {
    const { url, accessLines } = await start(appOf({ controllers: [PlainController, usersController()] }));

    const created = await ask(`${url}/plain`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });
    const missing = await ask(`${url}/plain/missing`);

    expect(created.json()).toEqual({ got: { a: 1 } });
    expect(missing.status).toBe(404);
    expect(missing.json()).toEqual({ statusCode: 404, error: 'Not Found', message: 'no such thing' });
    expect((await accessLines(2)).map((line) => line['route'])).toEqual([
      'POST /plain',
      'GET /plain/missing',
    ]);
  });

  it('answers 405 with Allow and OPTIONS also where a middleware of the team stands in Express', async () => {
    const { url } = await start(appOf(), (app) =>
      app.use('/elsewhere', (_q: unknown, _s: unknown, next: () => void) => next()),
    );

    const refused = await ask(`${url}/api/users/7`, { method: 'DELETE', headers: bearer() });
    const options = await ask(`${url}/api/users/7`, { method: 'OPTIONS' });
    const missing = await ask(`${url}/nowhere`);

    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect(missing.json()).toMatchObject({ status: 404, code: 'route-not-found' });
  });

  it('answers its own 404 outside a global prefix, not a page of Express', async () => {
    const { url } = await start(appOf(), (app) => {
      app.setGlobalPrefix('gw', { exclude: [{ path: 'plain', method: RequestMethod.ALL }] });
      app.use('/elsewhere', (_q: unknown, _s: unknown, next: () => void) => next());
    });

    const missing = await ask(`${url}/nowhere`);

    expect(missing.json()).toMatchObject({ status: 404, code: 'route-not-found' });
  });

  it('forwards a body that a body parser in front has read, byte for byte when it kept them', async () => {
    const { url } = await start(postable(), (app) =>
      app.use(express.json({ verify: (req, _res, bytes) => Object.assign(req, { rawBody: bytes }) })),
    );

    const answer = await ask(`${url}/api/users`, {
      method: 'POST',
      headers: { ...bearer(), 'Content-Type': 'application/json' },
      body: '{ "a" : 1.0 }',
    });

    expect(answer.status).toBe(200);
    expect(upstream.last.body.toString()).toBe('{ "a" : 1.0 }');
  });

  it('answers 500 and does not hang when a body parser in front has read the body and kept nothing', async () => {
    const { url } = await start(postable(), (app) => app.use(express.json()));

    const answer = await ask(`${url}/api/users`, {
      method: 'POST',
      headers: { ...bearer(), 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });

    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'internal' });
    expect(upstream.received).toHaveLength(0);
  });

  it('lets nothing pass once something was registered that cannot be judged, and says so', async () => {
    const controller = usersController();
    const { url, gateway, logged } = await start(appOf({ controllers: [controller] }));
    const raw = gateway.getHttpAdapter().getInstance() as Express;
    raw.get('/api/users/:id', (controller.prototype as { one: express.RequestHandler }).one);

    const refused = await ask(`${url}/api/users/7`, { headers: bearer() });
    const again = await ask(`${url}/api/users/7`, { headers: bearer() });
    const health = await ask(`${url}/health/ready`);
    const alive = await ask(`${url}/health/live`);

    expect([refused.status, again.status]).toEqual([500, 500]);
    expect(upstream.received).toHaveLength(0);
    expect([health.status, alive.status]).toEqual([503, 200]);
    expect(await logged('configuration.refused', 1)).toHaveLength(1);
  });

  it('keeps a guard of the team in front of a route that a raw handler passed the request on to', async () => {
    class Closed implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    const { url } = await start(
      appOf({ controllers: [usersController({ onMethod: [UseGuards(Closed)] })] }),
      (app) => (app.getHttpAdapter().getInstance() as Express).get('/api/users/7', (_q, _s, next) => next()),
    );

    const answer = await ask(`${url}/api/users/7`, { headers: bearer() });

    expect(answer.status).toBe(403);
    expect(upstream.received).toHaveLength(0);
  });

  it('names every route of two hosts and chooses by host', async () => {
    const { url, adminUrl } = await start(appOf({ controllers: [HostOne, HostTwo] }));

    await ask(`${url}/api/users/7`, { headers: { ...bearer(), Host: 'one.example' } });
    await ask(`${url}/api/users/7`, { headers: { ...bearer(), Host: 'two.example' } });
    const views = (await ask(`${adminUrl}/routes`)).json() as RouteView[];

    expect(upstream.received.map((request) => request.url)).toEqual(['/one/7', '/two/7']);
    expect(views.map(({ handler }) => handler)).toEqual(['HostOne.one', 'HostTwo.one']);
  });

  it('keeps the parameters of a prefix apart from those of a path only Express can match', async () => {
    const TENANTS = defineUpstream('tenants', { targets: env('USERS_URL') });
    @ProxyController(TENANTS, 'api/:tenant', { upstreamPath: '/t/:tenant' })
    @Public()
    class TenantsController {
      constructor(@InjectUpstream(TENANTS) private readonly tenants: UpstreamClient) {}

      @Get('things{/:id}')
      one(@Param() params: Record<string, string>, @Forward() call: ForwardCall) {
        return this.tenants.forward(call.withHeader('x-params', JSON.stringify(params)));
      }
    }
    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(TENANTS)],
      controllers: [TenantsController],
    })
    class TenantsModule {}
    const { url } = await start(TenantsModule);

    const answer = await ask(`${url}/api/acme/things/7`);

    expect(answer.status).toBe(200);
    expect(upstream.last.url).toBe('/t/acme/things/7');
    expect(upstream.last.headers['x-params']).toBe('{"tenant":"acme","id":"7"}');
  });
});

function postable(): Type {
  @ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
  class Postable extends Forwards {
    @Post()
    create(@Forward() call: ForwardCall) {
      return this.users.forward(call);
    }
  }
  return appOf({ controllers: [Postable] });
}
