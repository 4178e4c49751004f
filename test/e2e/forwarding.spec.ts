import { All, Get, Module, Param } from '@nestjs/common';
import {
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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { bearer } from '../support/tokens.js';

const USERS = defineUpstream('user-service', { targets: env('USERS_URL') });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class UsersController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get(':id/card')
  card(@Param('id') id: string, @Forward() call: ForwardCall) {
    return this.users.forward(call.to('/cards/:id', { id }).withHeader('x-card', 'yes'));
  }

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Module({ imports: [UpstreamModule.forFeature(USERS)], controllers: [UsersController] })
class UsersModule {}

@Module({ imports: [GatewayModule.forRoot({ authentication: jwt() }), UsersModule] })
class AppModule {}

describe.each(WAYS)('a proxy route, %s', (way) => {
  let upstream: RecordingUpstream;
  let running: RunningGateway;

  beforeEach(async () => {
    upstream = await RecordingUpstream.start();
    running = await startGateway(AppModule, { way, environment: { USERS_URL: upstream.url } });
  });

  afterEach(async () => {
    await running.close();
    await upstream.close();
  });

  it('forwards method, query and body as received, with the prefix replaced', async () => {
    const answer = await ask(`${running.url}/api/users/7/notes?b=2&a=%20x`, {
      method: 'POST',
      headers: { ...bearer(), 'Content-Type': 'text/plain' },
      body: 'hello',
    });

    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"ok":true}');
    expect(upstream.last.method).toBe('POST');
    expect(upstream.last.url).toBe('/users/7/notes?b=2&a=%20x');
    expect(upstream.last.body.toString()).toBe('hello');
    expect(upstream.last.headers['content-type']).toBe('text/plain');
  });

  it('lets a handler choose the path and add a header', async () => {
    await ask(`${running.url}/api/users/a%20b/card?x=1`, { headers: bearer() });

    expect(upstream.last.url).toBe('/cards/a%20b?x=1');
    expect(upstream.last.headers['x-card']).toBe('yes');
  });

  it('answers 401 with a problem document and reaches no upstream without a token', async () => {
    const answer = await ask(`${running.url}/api/users`);

    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(upstream.received).toHaveLength(0);
  });

  it('answers 404 to a path no route has and 405 with Allow to a method its route does not take', async () => {
    const missing = await ask(`${running.url}/nowhere`);

    expect(missing.status).toBe(404);
    expect(missing.json()).toMatchObject({ code: 'route-not-found' });
  });

  it('gives every answer and log line the correlation id that the upstream saw', async () => {
    const answer = await ask(`${running.url}/api/users`, { headers: { ...bearer(), 'X-Correlation-ID': 'abc-1' } });
    const refused = await ask(`${running.url}/api/users`);

    const [first, second] = await running.accessLines(2);
    expect(answer.headers['x-correlation-id']).toBe('abc-1');
    expect(upstream.last.headers['x-correlation-id']).toBe('abc-1');
    expect(first?.['correlationId']).toBe('abc-1');
    expect(second?.['correlationId']).toBe(refused.headers['x-correlation-id']);
  });

  it(`runs ${way}`, async () => {
    const answer = await ask(`${running.adminUrl}/routes`);

    const modes = (answer.json() as { mode: string }[]).map(({ mode }) => mode);
    expect(new Set(modes)).toEqual(new Set([way]));
  });
});
