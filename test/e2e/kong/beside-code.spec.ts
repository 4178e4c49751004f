import type { ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import { All, Controller, Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, WAYS } from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';

const CODE = defineUpstream('users', { targets: env('CODE_URL') });

@ProxyController(CODE, 'api/users')
@Public()
class UsersController {
  constructor(@InjectUpstream(CODE) private readonly upstream: UpstreamClient) {}

  @Get(':id')
  one(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@Controller('plain')
class PlainController {
  @All()
  all() {
    return 'plain';
  }
}

@Controller({ path: 'hosted', host: 'admin.test' })
class HostedController {
  @All()
  all() {
    return 'hosted';
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(CODE)],
  controllers: [UsersController, PlainController, HostedController],
})
class AppModule {}

describe.each(WAYS)('a Kong file beside routes of the code (%s)', (way) => {
  let code: RecordingUpstream;
  let declared: RecordingUpstream;
  let gateway: KongGateway;

  beforeAll(async () => {
    code = await RecordingUpstream.start();
    declared = await RecordingUpstream.start();
    gateway = await startKong(
      `
_format_version: "3.0"
services:
  - name: users
    url: ${declared.url}
    routes:
      - {name: users, paths: [/api], strip_path: false}
      - {name: orders, paths: [/orders], strip_path: false}
      - {name: hosted, paths: [/hosted], strip_path: false}
`,
      { module: AppModule, way, environment: { CODE_URL: code.url, JWT_SECRET: 'a'.repeat(32) } },
    );
  });
  afterAll(async () => {
    await gateway.close();
    await code.close();
    await declared.close();
  });

  it('asks the code first', async () => {
    const answer = await ask(`${gateway.url}/api/users/7`);

    expect(answer.status).toBe(200);
    expect(code.last.url).toBe('/api/users/7');
    expect(answer.headers['x-kong-request-id']).toBeUndefined();
  });

  it('asks the file where the code has the path with other methods', async () => {
    const answer = await ask(`${gateway.url}/api/users/7`, { method: 'DELETE' });

    expect(answer.status).toBe(200);
    expect(declared.last).toMatchObject({ method: 'DELETE', url: '/api/users/7' });
  });

  it('leaves OPTIONS to the file where one of its routes takes it', async () => {
    expect((await ask(`${gateway.url}/api/users/7`, { method: 'OPTIONS' })).status).toBe(200);
    expect(declared.last.method).toBe('OPTIONS');
  });

  it('serves what only the file has', async () => {
    const answer = await ask(`${gateway.url}/orders/1`);

    expect(answer.status).toBe(200);
    expect(answer.headers['x-kong-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('leaves ordinary controllers alone', async () => {
    expect((await ask(`${gateway.url}/plain`)).text).toBe('plain');
  });

  it('serves what a controller of another host has the path of, its body untouched', async () => {
    const headers = { 'Content-Type': 'application/json' };

    expect((await ask(`${gateway.url}/hosted`, { headers: { Host: 'admin.test' } })).text).toBe('hosted');
    const answer = await ask(`${gateway.url}/hosted`, { method: 'POST', headers, body: '{ "a" : 1 }' });

    expect(answer.status).toBe(200);
    expect(declared.last.body.toString()).toBe('{ "a" : 1 }');
    expect(answer.headers['x-kong-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('answers what nobody takes with a problem document', async () => {
    const answer = await ask(`${gateway.url}/nowhere`);

    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'route-not-found' });
  });

  it('tells of routes that the code takes away from the file', async () => {
    const [line] = await gateway.logged('declared-routes.overlap', 1);

    expect(line).toMatchObject({
      overlaps: expect.arrayContaining([{ route: 'users', codeRoute: 'GET /api/users/:id' }]) as unknown,
    });
  });

  it('calls a service apart from an upstream of the code with the same name', async () => {
    const upstreams = (await ask(`${gateway.adminUrl}/upstreams`)).json();

    expect((upstreams as { name: string }[]).map(({ name }) => name)).toEqual(['users', 'kong:users']);
  });

  it('shows the routes of both', async () => {
    const views = (await ask(`${gateway.adminUrl}/routes`)).json() as { route: string; mode: string }[];

    expect(views.map(({ route }) => route)).toEqual(['GET /api/users/:id', 'users', 'orders', 'hosted']);
    expect(views.filter(({ route }) => !route.startsWith('GET')).map(({ mode }) => mode)).toEqual([
      'compiled',
      'compiled',
      'compiled',
    ]);
  });
});

describe('a Kong file beside an application with middleware', () => {
  let declared: RecordingUpstream;
  let gateway: KongGateway;

  beforeAll(async () => {
    declared = await RecordingUpstream.start();
    gateway = await startKong(
      `_format_version: "3.0"\nservices: [{name: s, url: "${declared.url}", routes: [{name: orders, paths: [/orders]}]}]\n`,
      {
        module: AppModule,
        environment: { CODE_URL: declared.url, JWT_SECRET: 'a'.repeat(32) },
        prepare: (app) => {
          app.use(function stamp(_req: unknown, res: ServerResponse, next: () => void) {
            res.setHeader('X-Stamped', 'yes');
            next();
          });
        },
      },
    );
  });
  afterAll(async () => {
    await gateway.close();
    await declared.close();
  });

  it('serves its routes past the middleware, and says so', async () => {
    const answer = await ask(`${gateway.url}/orders/1`);

    expect(answer.status).toBe(200);
    expect(answer.headers['x-stamped']).toBeUndefined();
    expect(await gateway.logged('declared-routes.bypass', 1)).toMatchObject([
      { passed: [expect.stringContaining('stamp') as string] },
    ]);
  });

  it('serves them by HTTP/2 as well', async () => {
    const session = connect(gateway.url);

    const answer = await askOn(session, '/orders/2');

    expect(answer.status).toBe(200);
    expect(declared.last.url).toBe('/2');
    expect(declared.last.headers.via).toBe('2.0 portcullis');
    session.close();
  });

  it('leaves the rest to the middleware', async () => {
    const answer = await ask(`${gateway.url}/nowhere`);

    expect(answer.status).toBe(404);
    expect(answer.headers['x-stamped']).toBe('yes');
  });
});
