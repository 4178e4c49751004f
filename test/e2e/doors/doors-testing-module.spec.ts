import type { AddressInfo } from 'node:net';
import { type CanActivate, type ExecutionContext, Post, UseGuards } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import {
  Forward,
  type ForwardCall,
  GatewayAdapter,
  GatewayModule,
  InjectUpstream,
  JwtAuthGuard,
  jwt,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { createTestGateway } from 'portcullis/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.js';
import { GatewayLifecycle } from '../../../src/framework/gateway.lifecycle.js';
import { MemoryLog } from '../../../src/framework/testing/memory-log.js';
import { createObservability } from '../../../src/observability/create-observability.js';
import { ask, TEST_SECRET } from '../../support/gateway.harness.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { bearer } from '../../support/tokens.js';
import { USERS, usersController } from './door.fixture.js';

describe('an application on the adapter of Nest itself', () => {
  let upstream: RecordingUpstream;
  let app: NestExpressApplication | undefined;

  @ProxyController(USERS, 'api/posts', { upstreamPath: '/posts' })
  class PostsController {
    constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

    @Post()
    create(@Forward() call: ForwardCall) {
      return this.users.forward(call);
    }
  }

  async function start(options: { rawBody?: boolean } = {}, prefix = ''): Promise<string> {
    const environment = { USERS_URL: upstream.url, JWT_SECRET: TEST_SECRET };
    const observability = createObservability(loadSettings(environment), { sink: new MemoryLog().sink });
    const testing = await Test.createTestingModule({
      imports: [
        GatewayModule.forRoot({ authentication: jwt(), environment, observability }),
        UpstreamModule.forFeature(USERS),
      ],
      controllers: [usersController(), PostsController],
    }).compile();
    app = testing.createNestApplication<NestExpressApplication>(options);
    if (prefix !== '') app.setGlobalPrefix(prefix);
    await app.listen(0, '127.0.0.1');
    return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  }

  beforeEach(async () => {
    upstream = await RecordingUpstream.start();
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    await upstream.close();
  });

  it('interprets every route, says why, and answers the same', async () => {
    const url = await start();

    const passed = await ask(`${url}/api/users/7`, { headers: bearer() });
    const refused = await ask(`${url}/api/users/7`);
    const missing = await ask(`${url}/nowhere`);

    expect(passed.status).toBe(200);
    expect(upstream.last.url).toBe('/users/7');
    expect(refused.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(refused.headers['x-correlation-id']).toBeDefined();
    expect(missing.json()).toMatchObject({ status: 404, code: 'route-not-found' });
    const routes = app
      ?.get(GatewayLifecycle, { strict: false })
      .plannedRoutes.filter(({ facts }) => facts.proxied);
    expect(routes?.map(({ mode }) => mode)).toEqual(['interpreted', 'interpreted']);
    for (const { reasons } of routes ?? []) {
      expect(reasons[0]).toBe('the application runs without the gateway adapter');
    }
  });

  it('judges the whole path also below a global prefix', async () => {
    const url = await start({}, 'gw');

    const passed = await ask(`${url}/gw/api/users/%61`, { headers: bearer() });
    const ambiguous = await ask(`${url}/gw/api/users/..%3b`, { headers: bearer() });

    expect(passed.status).toBe(200);
    expect(upstream.last.url).toBe('/users/a');
    expect(ambiguous.json()).toMatchObject({ status: 400, code: 'ambiguous-path' });
  });

  it('forwards a body byte for byte when the application keeps raw bodies', async () => {
    const url = await start({ rawBody: true });

    const answer = await ask(`${url}/api/posts`, {
      method: 'POST',
      headers: { ...bearer(), 'Content-Type': 'application/json' },
      body: '{ "a" : 1.0 }',
    });

    expect(answer.status).toBe(200);
    expect(upstream.last.body.toString()).toBe('{ "a" : 1.0 }');
  });

  it('answers 500 and does not hang when its body parser ate the body', async () => {
    const url = await start();

    const answer = await ask(`${url}/api/posts`, {
      method: 'POST',
      headers: { ...bearer(), 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });

    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'internal' });
    expect(upstream.received).toHaveLength(0);
  });
});

describe('an application on the adapter of the gateway, without createGateway', () => {
  it('compiles its routes and is ready as soon as it listens', async () => {
    const environment = { USERS_URL: 'http://127.0.0.1:9', JWT_SECRET: TEST_SECRET };
    const observability = createObservability(loadSettings(environment), { sink: new MemoryLog().sink });
    const testing = await Test.createTestingModule({
      imports: [
        GatewayModule.forRoot({ authentication: jwt(), environment, observability }),
        UpstreamModule.forFeature(USERS),
      ],
      controllers: [usersController()],
    }).compile();
    const app = testing.createNestApplication<NestExpressApplication>(new GatewayAdapter());
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;

    const ready = await ask(`http://127.0.0.1:${port}/health/ready`);

    expect(ready.status).toBe(200);
    const { plannedRoutes } = app.get(GatewayLifecycle, { strict: false });
    expect(plannedRoutes.map(({ mode }) => mode)).toEqual(['compiled']);
    await app.close();
  });
});

describe('a guard that the testing module overrides', () => {
  it('is the one that runs, and makes the route interpreted', async () => {
    const upstream = await RecordingUpstream.start();
    const canActivate = vi.fn((_context: ExecutionContext) => true);
    const guard: CanActivate = { canActivate };
    const gateway = await createTestGateway(
      Test.createTestingModule({
        imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(USERS)],
        controllers: [usersController({ onMethod: [UseGuards(JwtAuthGuard)] })],
      })
        .overrideGuard(JwtAuthGuard)
        .useValue(guard),
      { environment: { USERS_URL: upstream.url } },
    );

    const answer = await ask(`${gateway.url}/api/users/7`, {
      headers: { Authorization: `Bearer ${gateway.token()}` },
    });

    expect(answer.status).toBe(200);
    expect(canActivate).toHaveBeenCalledTimes(1);
    expect(gateway.routes()).toMatchObject([{ mode: 'interpreted', reasons: ['guard Object'] }]);
    await gateway.close();
    await upstream.close();
  });
});
