import { All, type CanActivate, Get, Inject, Injectable, Module, Param, UseGuards } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import {
  ConfigError,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { createTestGateway, FakeUpstream, GatewayAdapter, type TestGateway } from 'portcullis/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { askTls } from '../support/tls.client.js';

const USERS = defineUpstream('user-service', { targets: env('USERS_URL') });
const CARD_KIND = Symbol('card kind');

/** Foreign to the compiler, and it lets nobody pass. */
@Injectable()
class OfficeHoursGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class UsersController {
  constructor(
    @InjectUpstream(USERS) private readonly users: UpstreamClient,
    @Inject(CARD_KIND) private readonly kind: string,
  ) {}

  @Get(':id/card')
  @UseGuards(OfficeHoursGuard)
  card(@Param('id') id: string, @Forward() call: ForwardCall) {
    return this.users.forward(call.to('/cards/:kind/:id', { kind: this.kind, id }));
  }

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Module({
  imports: [UpstreamModule.forFeature(USERS)],
  controllers: [UsersController],
  providers: [{ provide: CARD_KIND, useValue: 'plain' }],
})
class UsersModule {}

@Module({ imports: [GatewayModule.forRoot({ authentication: jwt() }), UsersModule] })
class AppModule {}

let users: FakeUpstream;
let running: TestGateway | undefined;

beforeEach(async () => {
  users = await FakeUpstream.start();
});

afterEach(async () => {
  await running?.close();
  running = undefined;
  await users.close();
});

const environment = () => ({ USERS_URL: users.url });

describe('a gateway made for a test', () => {
  it('runs on a free port, takes its own tokens and forwards to a fake upstream', async () => {
    users.answer(201, { id: '7' });
    running = await createTestGateway(AppModule, { environment: environment() });

    const answer = await fetch(`${running.url}/api/users?a=1`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${running.token()}`, 'Content-Type': 'text/plain' },
      body: 'Ada',
    });

    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ id: '7' });
    expect(users.last).toMatchObject({ method: 'POST', url: '/users?a=1' });
    expect(users.last.body.toString()).toBe('Ada');
  });

  it('refuses an expired token', async () => {
    running = await createTestGateway(AppModule, { environment: environment() });
    const expired = running.token({ lifetimeSeconds: -60 });

    const answer = await fetch(`${running.url}/api/users`, {
      headers: { Authorization: `Bearer ${expired}` },
    });

    expect(answer.status).toBe(401);
    expect(users.received).toEqual([]);
    expect(() => users.last).toThrow('no request');
  });

  it('speaks TLS on a free port when it is given a certificate', async () => {
    const authority = new CertificateAuthority();
    const files = new CertificateFiles();
    const { certFile, keyFile } = files.put('gateway', authority.issue('gateway', { names: ['127.0.0.1'] }));
    const pair = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
    running = await createTestGateway(AppModule, { environment: { ...environment(), ...pair } });

    const port = Number(new URL(String(running.httpsUrl)).port);
    const answer = await askTls(port, '/health', { tls: { ca: authority.cert } });
    files.remove();

    expect(answer.text).toBe('{"status":"up"}');
  });

  it('keeps its log lines', async () => {
    running = await createTestGateway(AppModule, { environment: environment() });

    await fetch(`${running.url}/nowhere`);
    const [line] = await running.logged('request');

    expect(line).toMatchObject({ status: 404, path: '/nowhere' });
    expect(running.lines).toContain(line);
  });

  it('says at its start where rate limits are counted', async () => {
    running = await createTestGateway(AppModule, { environment: environment() });

    const [started] = await running.logged('gateway.started');

    expect(started).toMatchObject({ rateLimits: "in this process's memory" });
  });

  it('answers on an admin port of its own', async () => {
    running = await createTestGateway(AppModule, { environment: environment() });

    const answer = await fetch(`${running.adminUrl}/routes`);

    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(running.routes())));
  });

  it('throws every problem of a configuration that cannot run, and leaves nothing open', async () => {
    const started = createTestGateway(AppModule, { environment: { USERS_URL: 'ftp://users' } });

    await expect(started).rejects.toThrow(ConfigError);
  });

  it('lets a test add to the application before it starts', async () => {
    running = await createTestGateway(AppModule, {
      environment: environment(),
      prepare: (gateway) => gateway.setGlobalPrefix('v1'),
    });

    const answer = await fetch(`${running.url}/v1/api/users`, {
      headers: { Authorization: `Bearer ${running.token()}` },
    });

    expect(answer.status).toBe(200);
    expect(users.last.url).toBe('/users');
  });
});

describe('a Nest testing module as a gateway', () => {
  it('runs compiled, with an overridden provider and without an overridden guard', async () => {
    const testing = Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(CARD_KIND)
      .useValue('golden')
      .overrideGuard(OfficeHoursGuard)
      .useValue({ canActivate: () => true, portcullisPolicies: () => [] });
    running = await createTestGateway(testing, { environment: environment() });

    const answer = await fetch(`${running.url}/api/users/7/card`, {
      headers: { Authorization: `Bearer ${running.token()}` },
    });

    expect(answer.status).toBe(200);
    expect(users.last.url).toBe('/cards/golden/7');
    const modes = Object.fromEntries(running.routes().map(({ path, mode }) => [path, mode]));
    expect(modes).toEqual({
      '/api/users/:id/card': 'compiled',
      '/api/users': 'compiled',
      '/api/users/*path': 'compiled',
    });
  });

  it('says which route is interpreted because of a guard that stays', async () => {
    running = await createTestGateway(Test.createTestingModule({ imports: [AppModule] }), {
      environment: environment(),
    });

    const answer = await fetch(`${running.url}/api/users/7/card`, {
      headers: { Authorization: `Bearer ${running.token()}` },
    });

    expect(answer.status).toBe(403);
    const card = running.routes().find(({ path }) => path === '/api/users/:id/card');
    expect(card?.mode).toBe('interpreted');
    expect(card?.reasons.join()).toContain('OfficeHoursGuard');
  });

  it('compiles on the gateway adapter alone, as any Nest application is tested', async () => {
    const settings = { JWT_SECRET: 'a-secret-for-tests-that-is-long-enough', ACCESS_LOG: 'off' };
    @Module({
      imports: [
        GatewayModule.forRoot({ authentication: jwt(), environment: { ...settings, ...environment() } }),
        UsersModule,
      ],
    })
    class OwnModule {}
    const testing = await Test.createTestingModule({ imports: [OwnModule] }).compile();
    const app = testing.createNestApplication<NestExpressApplication>(new GatewayAdapter());
    await app.listen(0, '127.0.0.1');

    const answer = await fetch(`${await app.getUrl()}/api/users`);

    await app.close();
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });
});
