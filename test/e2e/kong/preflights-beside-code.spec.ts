import { Controller, Delete, Get, Module } from '@nestjs/common';
import {
  Cors,
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
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, WAYS } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';

const CODE = defineUpstream('code', { targets: env('CODE_URL') });

@ProxyController(CODE, 'users')
@Public()
class UsersController {
  constructor(@InjectUpstream(CODE) private readonly upstream: UpstreamClient) {}

  @Delete(':id')
  remove(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }

  @Get(':id')
  @Cors({ origins: ['https://page.test'] })
  one(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@Controller('plain')
class PlainController {
  @Get()
  get() {
    return 'plain';
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(CODE)],
  controllers: [UsersController, PlainController],
})
class AppModule {}

@Module({ imports: [GatewayModule.forRoot()], controllers: [PlainController] })
class PlainModule {}

const preflight = (url: string, asked: string): Promise<Answer> =>
  ask(url, {
    method: 'OPTIONS',
    headers: { Origin: 'https://evil.test', 'Access-Control-Request-Method': asked },
  });

describe.each(WAYS)('CORS preflights, a Kong file beside routes of the code (%s)', (way) => {
  let upstream: RecordingUpstream;
  let gateway: KongGateway;
  let enabled: KongGateway;

  beforeAll(async () => {
    upstream = await RecordingUpstream.start();
    const file = `
_format_version: "3.0"
services:
  - name: everything
    url: ${upstream.url}
    routes: [{name: everything, paths: [/], plugins: [{name: cors, config: {origins: ['*']}}]}]
`;
    const environment = { CODE_URL: upstream.url, JWT_SECRET: 'a'.repeat(32) };
    gateway = await startKong(file, { module: AppModule, way, environment });
    enabled = await startKong(file, {
      module: PlainModule,
      way,
      environment,
      prepare: (app) => app.enableCors({ origin: 'https://page.test' }),
    });
  });
  beforeEach(() => {
    upstream.received.length = 0;
  });
  afterAll(async () => {
    await gateway.close();
    await enabled.close();
    await upstream.close();
  });

  it('lets no route of the file allow what a route of the code takes', async () => {
    const answer = await preflight(`${gateway.url}/users/7`, 'DELETE');

    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(upstream.received).toEqual([]);
  });

  it('asks the route of the code that the page wants where it has rules of its own', async () => {
    const answer = await preflight(`${gateway.url}/users/7`, 'GET');

    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('lets the file allow what only the file takes', async () => {
    const other = await preflight(`${gateway.url}/users/7`, 'PUT');
    const elsewhere = await preflight(`${gateway.url}/orders`, 'DELETE');

    expect(other.headers['access-control-allow-origin']).toBe('*');
    expect(elsewhere.headers['access-control-allow-origin']).toBe('*');
  });

  it('leaves them to ordinary controllers, too', async () => {
    const answer = await preflight(`${gateway.url}/plain`, 'GET');

    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(upstream.received).toEqual([]);
  });

  it('leaves them to what the code put in front of its routes', async () => {
    const answer = await preflight(`${enabled.url}/plain`, 'GET');

    expect(answer.headers['access-control-allow-origin']).toBe('https://page.test');
    expect(upstream.received).toEqual([]);
  });
});
