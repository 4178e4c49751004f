import { randomBytes } from 'node:crypto';
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
import { RawClient, sendRaw } from '../support/raw.client.js';
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

  it('gives every answer and log line the correlation id that the upstream saw', async () => {
    const answer = await ask(`${running.url}/api/users`, {
      headers: { ...bearer(), 'X-Correlation-ID': 'abc-1' },
    });
    const refused = await ask(`${running.url}/api/users`);

    const [first, second] = await running.accessLines(2);
    expect(answer.headers['x-correlation-id']).toBe('abc-1');
    expect(upstream.last.headers['x-correlation-id']).toBe('abc-1');
    expect(first?.['correlationId']).toBe('abc-1');
    expect(second?.['correlationId']).toBe(refused.headers['x-correlation-id']);
  });

  it('tells the upstream who asked, and believes nothing that a client claims about it', async () => {
    await ask(`${running.url}/api/users`, {
      headers: {
        ...bearer(),
        Host: 'shop.example',
        Forwarded: 'for=203.0.113.9',
        'X-Forwarded-For': '203.0.113.9',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'forged.example',
        'X-Real-IP': '203.0.113.9',
        'X-Consumer-ID': 'root',
        X_Consumer_ID: 'root',
        'X-HTTP-Method-Override': 'DELETE',
      },
    });

    const { headers } = upstream.last;
    expect(headers).toMatchObject({
      host: new URL(upstream.url).host,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-port': String(running.port),
      via: '1.1 portcullis',
    });
    for (const name of [
      'forwarded',
      'x-real-ip',
      'x-consumer-id',
      'x_consumer_id',
      'x-http-method-override',
    ]) {
      expect(headers[name]).toBeUndefined();
    }
  });

  it('keeps hop-by-hop fields, and those that Connection names, on their own hop', async () => {
    upstream.respond = (_req, res) => {
      res.writeHead(200, {
        Connection: 'keep-alive, X-Secret',
        'Keep-Alive': 'timeout=1',
        'Proxy-Connection': 'keep-alive',
        'X-Secret': 's',
        'X-Open': 'yes',
      });
      res.end('ok');
    };
    const request =
      `GET /api/users HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${bearer().Authorization}\r\n` +
      'Connection: keep-alive, X-Private\r\nKeep-Alive: timeout=5\r\nTE: gzip;q=0.5\r\nX-Private: p\r\nX-Public: p\r\n\r\n';

    const answer = await sendRaw(running.port, request);

    const { headers } = upstream.last;
    expect(headers['x-public']).toBe('p');
    for (const name of ['x-private', 'keep-alive', 'te', 'upgrade']) expect(headers[name]).toBeUndefined();
    expect(answer.values('x-open')).toEqual(['yes']);
    for (const name of ['x-secret', 'proxy-connection']) expect(answer.values(name)).toEqual([]);
    expect(answer.values('keep-alive')).not.toContain('timeout=1');
  });

  it('lets no client take away what the gateway writes', async () => {
    const request =
      `GET /api/users HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${bearer().Authorization}\r\n` +
      'Connection: X-Forwarded-For, X-Correlation-ID, Via\r\n\r\n';

    await sendRaw(running.port, request);

    const { headers } = upstream.last;
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(headers['x-correlation-id']).toBeDefined();
    expect(headers['via']).toBe('1.1 portcullis');
  });

  it('passes headers with their spelling, order and repetitions, both ways', async () => {
    upstream.respond = (_req, res) => {
      res.setHeader('Set-Cookie', ['a=1', 'b=2']);
      res.setHeader('X-MiXed', 'yes');
      res.end('ok');
    };
    const request =
      `GET /api/users HTTP/1.1\r\nHost: gateway\r\nX-b: 1\r\nAuthorization: ${bearer().Authorization}\r\n` +
      'x-A: 2\r\nX-b: 3\r\n\r\n';

    const answer = await sendRaw(running.port, request);

    const own = upstream.last.rawHeaders.filter((_, i, all) => /^x-[ab]$/i.test(all[i - (i % 2)] as string));
    expect(own).toEqual(['X-b', '1', 'x-A', '2', 'X-b', '3']);
    expect(answer.values('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(answer.fields.map(([name]) => name)).toContain('X-MiXed');
  });

  it('passes a traceparent on as it came', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    await ask(`${running.url}/api/users`, { headers: { ...bearer(), traceparent } });

    expect(upstream.last.headers['traceparent']).toBe(traceparent);
  });

  it('answers pipelined requests in their order', async () => {
    upstream.respond = (req, res) => res.end(req.url);
    const one = (path: string): string =>
      `GET /api/users/${path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${bearer().Authorization}\r\n\r\n`;
    const client = new RawClient(running.port).send(one('1') + one('2') + one('3'));

    const answers = [await client.answer(), await client.answer(), await client.answer()];

    expect(answers.map(({ body }) => body.toString())).toEqual(['/users/1', '/users/2', '/users/3']);
    client.close();
  });

  it('passes a body of some megabytes both ways unharmed', async () => {
    const body = randomBytes(5 * 1024 * 1024);
    upstream.respond = (req, res) => res.end(req.body);

    const answer = await ask(`${running.url}/api/users/big`, { method: 'POST', headers: bearer(), body });

    expect(answer.body.equals(body)).toBe(true);
  });

  it('writes one access line per request with what happened', async () => {
    upstream.respond = (_req, res) => res.writeHead(201).end('made');

    await ask(`${running.url}/api/users/7?token=hidden`, {
      method: 'POST',
      headers: bearer({ sub: 'alice' }),
      body: 'hello',
    });

    const lines = await running.accessLines(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      method: 'POST',
      route: 'ALL /api/users/*path',
      path: '/api/users/7',
      status: 201,
      upstream: 'user-service',
      upstreamStatus: 201,
      attempts: 1,
      subject: 'alice',
      client: '127.0.0.1',
      bytesIn: 5,
      bytesOut: 4,
    });
    expect(JSON.stringify(lines)).not.toContain('hidden');
  });

  it(`runs ${way}`, async () => {
    const answer = await ask(`${running.adminUrl}/routes`);

    const modes = (answer.json() as { mode: string }[]).map(({ mode }) => mode);
    expect(new Set(modes)).toEqual(new Set([way]));
  });
});

describe.each(WAYS)('behind a trusted proxy, %s', (way) => {
  it('believes the one address that the proxy vouches for', async () => {
    const upstream = await RecordingUpstream.start();
    const environment = { USERS_URL: upstream.url, TRUSTED_PROXIES: '127.0.0.0/8' };
    const running = await startGateway(AppModule, { way, environment });

    await ask(`${running.url}/api/users`, {
      headers: { ...bearer(), 'X-Forwarded-For': '198.51.100.1, 203.0.113.9, 127.0.0.2' },
    });

    const [line] = await running.accessLines(1);
    expect(upstream.last.headers['x-forwarded-for']).toBe('203.0.113.9');
    expect(line?.['client']).toBe('203.0.113.9');
    await running.close();
    await upstream.close();
  });
});
