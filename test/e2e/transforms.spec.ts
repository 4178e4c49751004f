import { All, Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  TransformRequest,
  TransformResponse,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, WAYS } from '../support/gateway.harness.js';

const PARTS = defineUpstream('part-service', { targets: env('UPSTREAM_URL') });

@ProxyController(PARTS, 'parts')
class PartsController {
  constructor(@InjectUpstream(PARTS) private readonly parts: UpstreamClient) {}

  @Get('request')
  @TransformRequest({
    headers: {
      remove: ['Cookie'],
      rename: { 'X-Old': 'X-New' },
      set: { 'X-Tenant': 'north', 'X-Request-ID': '$(uuid)' },
      add: { 'X-Maybe': 'ours' },
      append: { 'X-Tag': 'gateway' },
    },
    query: { remove: ['debug'], rename: { q: 'search' }, set: { page: '1' }, add: { size: '20' } },
  })
  request(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Get('response')
  @TransformResponse({
    headers: {
      remove: ['Server', 'X-Powered-By'],
      rename: { 'X-Old': 'X-New' },
      set: { 'X-Frame-Options': 'DENY', 'X-Answer-ID': '$(uuid)' },
      add: { 'Cache-Control': 'no-store' },
    },
  })
  response(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Get('renumbered')
  @TransformRequest({ headers: { set: { 'X-Correlation-ID': 'part-$(uuid)' } } })
  renumbered(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Get('added')
  @TransformRequest({ headers: { add: { 'X-Correlation-ID': '$(uuid)' } } })
  added(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @All('*path')
  rest(@Forward() call: ForwardCall) {
    return this.parts.forward(call.withQuery({ via: 'a b', debug: undefined }).withoutHeader('x-secret'));
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(PARTS)],
  controllers: [PartsController],
})
class AppModule {}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe.each(WAYS)('transforms and correlation, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });

  /** The access line of one answer. */
  const lineOf = (id: string | undefined) =>
    fixture.running.lines().find((line) => line['event'] === 'request' && line['correlationId'] === id);

  it('changes request headers: remove, rename, set, add, append', async () => {
    await fixture.ask('/parts/request', {
      headers: {
        Cookie: 'a=1',
        'X-Old': 'kept',
        'X-Tenant': 'forged',
        'X-Maybe': 'theirs',
        'X-Tag': 'client',
      },
    });

    const { headers } = fixture.upstream.last;
    expect(headers['cookie']).toBeUndefined();
    expect(headers['x-old']).toBeUndefined();
    expect(headers['x-new']).toBe('kept');
    expect(headers['x-tenant']).toBe('north');
    expect(headers['x-maybe']).toBe('theirs');
    expect(headers['x-tag']).toBe('client, gateway');
  });

  it('puts a new UUID wherever $(uuid) stands, except in the correlation header', async () => {
    const answer = await fixture.ask('/parts/request');
    const first = fixture.upstream.last.headers['x-request-id'];
    await fixture.ask('/parts/request');
    const second = fixture.upstream.last.headers['x-request-id'];

    expect(first).toMatch(UUID);
    expect(second).toMatch(UUID);
    expect(new Set([first, second, answer.headers['x-correlation-id']]).size).toBe(3);
  });

  it('changes query parameters and leaves the others as they were sent', async () => {
    await fixture.ask('/parts/request?b=%20x&q=bolt&debug=1&page=9&a=1+2');

    expect(fixture.upstream.last.url).toBe('/parts/request?b=%20x&search=bolt&a=1+2&page=1&size=20');
  });

  it('lets a handler edit the call by its verbs', async () => {
    await fixture.ask('/parts/7/drawings?debug=1&x=1', { headers: { 'X-Secret': 's' } });

    expect(fixture.upstream.last.url).toBe('/parts/7/drawings?x=1&via=a%20b');
    expect(fixture.upstream.last.headers['x-secret']).toBeUndefined();
  });

  it('changes response headers: remove, rename, set, add', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.writeHead(200, {
        Server: 'secret/1.0',
        'X-Powered-By': 'secret',
        'X-Old': 'kept',
        'X-Frame-Options': 'ALLOW',
        'Cache-Control': 'max-age=60',
      });
      res.end('ok');
    };

    const { headers } = await fixture.ask('/parts/response');

    expect(headers['server']).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['x-old']).toBeUndefined();
    expect(headers['x-new']).toBe('kept');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['cache-control']).toBe('max-age=60');
    expect(headers['x-answer-id']).toMatch(UUID);
    expect(headers['x-answer-id']).not.toBe(headers['x-correlation-id']);
  });

  it('gives answer, log and upstream one minted id when the client sends none', async () => {
    const answer = await fixture.ask('/parts/added');

    const id = answer.headers['x-correlation-id'] as string;
    expect(id).toMatch(UUID);
    expect(fixture.upstream.last.headers['x-correlation-id']).toBe(id);
    await expect.poll(() => lineOf(id)).toMatchObject({ path: '/parts/added', status: 200 });
  });

  it("keeps a client's valid id, also where the route adds one", async () => {
    const answer = await fixture.ask('/parts/added', { headers: { 'X-Correlation-ID': `order-${way}` } });

    expect(answer.headers['x-correlation-id']).toBe(`order-${way}`);
    expect(fixture.upstream.last.headers['x-correlation-id']).toBe(`order-${way}`);
  });

  it('replaces an id that could harm a log, and one that was sent twice', async () => {
    const harmful = await fixture.ask('/parts/added', { headers: { 'X-Correlation-ID': 'a" onload="x' } });
    const twice = await fixture.ask('/parts/added', { headers: { 'X-Correlation-ID': ['one', 'two'] } });

    expect(harmful.headers['x-correlation-id']).toMatch(UUID);
    expect(twice.headers['x-correlation-id']).toMatch(UUID);
    expect(fixture.upstream.last.headers['x-correlation-id']).toBe(twice.headers['x-correlation-id']);
  });

  it("makes what a transform writes into the correlation header the exchange's id everywhere", async () => {
    const answer = await fixture.ask('/parts/renumbered', {
      headers: { 'X-Correlation-ID': 'from-outside' },
    });

    const id = answer.headers['x-correlation-id'] as string;
    expect(id).toMatch(/^part-/);
    expect(fixture.upstream.last.headers['x-correlation-id']).toBe(id);
    await expect.poll(() => lineOf(id)).toMatchObject({ path: '/parts/renumbered' });
  });

  it('writes the id over one the upstream answers with', async () => {
    fixture.upstream.respond = (_req, res) => res.writeHead(200, { 'X-Correlation-ID': 'theirs' }).end('ok');

    const answer = await fixture.ask('/parts/added');

    expect(answer.headers['x-correlation-id']).toMatch(UUID);
    expect(answer.rawHeaders.filter((name) => name.toLowerCase() === 'x-correlation-id')).toHaveLength(1);
  });

  it('correlates and logs answers that no route gave', async () => {
    const missing = await ask(`${fixture.running.url}/nowhere`);
    const refused = await ask(`${fixture.running.url}/parts/added`);

    for (const answer of [missing, refused]) {
      const id = answer.headers['x-correlation-id'] as string;
      expect(id).toMatch(UUID);
      expect((answer.json() as { correlationId: string }).correlationId).toBe(id);
      await expect.poll(() => lineOf(id)).toMatchObject({ status: answer.status });
    }
  });
});
