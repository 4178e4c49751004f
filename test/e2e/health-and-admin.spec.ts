import { All, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { deadPort } from '../support/scripted.upstream.js';

const ALIVE = defineUpstream('alive-service', { targets: env('ALIVE_URL') });
const DEAD = defineUpstream('dead-service', { targets: env('DEAD_URL') });

@ProxyController(ALIVE, '')
@Public()
class WideController {
  constructor(@InjectUpstream(ALIVE) private readonly alive: UpstreamClient) {}

  @All(['', '*path'])
  all(@Forward() call: ForwardCall) {
    return this.alive.forward(call);
  }
}

@ProxyController(DEAD, 'dead')
@Public()
@RateLimit({ limit: 5, window: '1m' })
class DeadController {
  constructor(@InjectUpstream(DEAD) private readonly dead: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.dead.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(ALIVE, DEAD)],
  controllers: [WideController, DeadController],
})
class AppModule {}

const ADMIN_TOKEN = 'an-admin-token-for-tests';
const ADMIN = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } };

describe.each(WAYS)('health and the admin port, %s', (way) => {
  let upstream: RecordingUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await RecordingUpstream.start();
    running = await startGateway(AppModule, {
      way,
      environment: {
        ALIVE_URL: upstream.url,
        DEAD_URL: `http://127.0.0.1:${await deadPort()}`,
        ADMIN_TOKEN,
      },
    });
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  it.each(['/health', '/health/ready', '/health/live'])(
    'answers %s with up and nothing else',
    async (path) => {
      const answer = await ask(running.url + path);

      expect(answer.status).toBe(200);
      expect(answer.text).toBe('{"status":"up"}');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(upstream.received).toHaveLength(0);
    },
  );

  it('stays up with a dead upstream, and the admin port says which', async () => {
    await ask(`${running.url}/dead/a`);

    const traffic = await ask(`${running.url}/health`);
    const details = await ask(`${running.adminUrl}/health`);

    const body = details.json() as { status: string; details: Record<string, { status: string }> };
    expect(traffic.status).toBe(200);
    expect(details.status).toBe(503);
    expect(body.details['dead-service']?.status).toBe('down');
    expect(body.details['alive-service']?.status).toBe('up');
  });

  it('asks for the token on every view but metrics and health', async () => {
    const open = await Promise.all(['/metrics', '/health'].map((path) => ask(running.adminUrl + path)));
    const closed = await Promise.all(
      ['/routes', '/upstreams', '/unknown'].map((path) => ask(running.adminUrl + path)),
    );
    const wrong = await ask(`${running.adminUrl}/routes`, { headers: { Authorization: 'Bearer wrong' } });

    expect(open.map(({ status }) => status)).not.toContain(401);
    expect(closed.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(wrong.status).toBe(401);
    expect(wrong.headers['www-authenticate']).toBe('Bearer');
  });

  it('shows every route with its policies in order, and how it runs', async () => {
    const answer = await ask(`${running.adminUrl}/routes`, ADMIN);

    const routes = answer.json() as { path: string; mode: string; upstream: string; policies: string[] }[];
    expect(routes.find(({ path }) => path === '/dead/*path')).toMatchObject({
      upstream: 'dead-service',
      mode: way,
      policies: ['body-limit 10mb', expect.stringMatching(/^rate-limit 5\/1m/)],
    });
  });

  it('shows every upstream with its breaker and targets', async () => {
    const answer = await ask(`${running.adminUrl}/upstreams`, ADMIN);

    expect(answer.json()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'alive-service',
          healthy: true,
          breaker: expect.objectContaining({ state: 'closed' }),
          targets: [expect.objectContaining({ id: new URL(upstream.url).host })],
        }),
      ]),
    );
  });

  it('counts requests by route and status as metrics', async () => {
    await ask(`${running.url}/dead/counted`);

    const { text, headers } = await ask(`${running.adminUrl}/metrics`);

    expect(headers['content-type']).toContain('text/plain');
    expect(text).toMatch(/http_server_request_duration\w*\{[^}]*502[^}]*\}/);
    expect(text).not.toContain('/dead/counted');
  });

  it('is not reachable through the traffic port', async () => {
    for (const path of ['/metrics', '/routes', '/upstreams']) await ask(running.url + path, ADMIN);

    // A route took them, and what it saw is the upstream's affair.
    expect(upstream.received.slice(-3).map(({ url }) => url)).toEqual(['/metrics', '/routes', '/upstreams']);
  });

  it('answers other methods on a view with 405', async () => {
    const answer = await ask(`${running.adminUrl}/metrics`, { method: 'POST' });

    expect(answer.status).toBe(405);
  });
});
