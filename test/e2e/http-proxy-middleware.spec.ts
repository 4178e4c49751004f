import { All, Get, Module } from '@nestjs/common';
import {
  BodyLimit,
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  RateLimit,
  TransformRequest,
  TransformResponse,
  Unfiltered,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, WAYS } from '../support/gateway.harness.js';
import { RawClient } from '../support/raw.client.js';
import { deadPort } from '../support/scripted.upstream.js';
import { bearer, token } from '../support/tokens.js';

const LEGACY = defineUpstream('legacy-service', {
  targets: env('UPSTREAM_URL'),
  timeout: { headersMs: 200 },
  proxy: { headers: { 'X-From-Options': 'yes' } },
});
const GONE = defineUpstream('gone-service', { targets: env('GONE_URL'), proxy: {} });

@ProxyController(LEGACY, 'legacy', { upstreamPath: '/old' })
@TransformRequest({ headers: { set: { 'X-Tenant': 'north' } } })
@TransformResponse({ headers: { remove: ['Server'] } })
class LegacyController {
  constructor(
    @InjectUpstream(LEGACY) private readonly legacy: UpstreamClient,
    @InjectUpstream(GONE) private readonly gone: UpstreamClient,
  ) {}

  @Get('gone')
  unreachable(@Forward() call: ForwardCall) {
    return this.gone.forward(call);
  }

  @Get('limited')
  @RateLimit({ limit: 1, window: '1m' })
  limited(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }

  @Get('filtered')
  @FilterResponse({ omit: ['secret'] })
  filtered(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }

  @All(['', '*path'])
  @BodyLimit('1kb')
  @Unfiltered('only one route filters')
  rest(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(LEGACY, GONE)],
  controllers: [LegacyController],
})
class AppModule {}

const gonePort = await deadPort();

describe.each(WAYS)('an upstream on http-proxy-middleware, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way, environment: { GONE_URL: `http://127.0.0.1:${gonePort}` } });

  it('forwards method, path, query, headers and body, with the edits and the gateway’s own fields', async () => {
    const answer = await fixture.ask('/legacy/a%20b?x=1', {
      method: 'PUT',
      headers: { 'Content-Type': 'text/plain', 'X-Correlation-ID': 'legacy-1' },
      body: 'hello',
    });

    const { last } = fixture.upstream;
    expect(answer.status).toBe(200);
    expect([last.method, last.url, last.body.toString()]).toEqual(['PUT', '/old/a%20b?x=1', 'hello']);
    expect(last.headers).toMatchObject({
      'x-tenant': 'north',
      'x-from-options': 'yes',
      'x-correlation-id': 'legacy-1',
      'content-type': 'text/plain',
    });
    expect(answer.headers['x-correlation-id']).toBe('legacy-1');
  });

  it('stands behind the same identity, limits, filters and transforms', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.setHeader('Server', 'old/1.0');
      res.end('{"secret":1,"open":2}');
    };

    const refused = await ask(`${fixture.running.url}/legacy`);
    const first = await fixture.ask('/legacy/limited', { headers: bearer({ sub: way }) });
    const second = await fixture.ask('/legacy/limited', { headers: bearer({ sub: way }) });
    const filtered = await fixture.ask('/legacy/filtered');
    const large = await fixture.ask('/legacy/upload', { method: 'POST', body: 'x'.repeat(1025) });

    expect([refused.status, first.status, second.status, large.status]).toEqual([401, 200, 429, 413]);
    expect(filtered.json()).toEqual({ open: 2 });
    expect(filtered.headers['server']).toBeUndefined();
  });

  it('answers 502 and names the upstream, never its address', async () => {
    const answer = await fixture.ask('/legacy/gone');

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-unreachable', upstream: 'gone-service' });
    expect(JSON.stringify(answer.rawHeaders) + answer.text).not.toMatch(
      new RegExp(`${gonePort}|127\\.0\\.0\\.1|localhost|ECONN`),
    );
  });

  it('answers 504 when the upstream is late', async () => {
    fixture.upstream.respond = () => {};

    const answer = await fixture.ask('/legacy/late');

    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject({ code: 'upstream-timeout', upstream: 'legacy-service' });
  });

  it('answers HEAD and 204 without a body', async () => {
    fixture.upstream.respond = (_req, res) => res.writeHead(200, { 'Content-Length': '42' }).end();
    const head = await fixture.ask('/legacy/size', { method: 'HEAD' });
    fixture.upstream.respond = (_req, res) => res.writeHead(204).end();
    const none = await fixture.ask('/legacy/none');

    expect([head.status, head.headers['content-length']]).toEqual([200, '42']);
    expect([none.status, none.text]).toEqual([204, '']);
  });

  it('cancels the upstream request of a client that leaves', async () => {
    const arrived = new Gate();
    const closed = new Gate();
    fixture.upstream.respond = (_req, res) => {
      res.once('close', () => closed.open());
      res.write('begun');
      arrived.open();
    };
    const client = new RawClient(fixture.running.port).send(
      `GET /legacy/left HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${token()}\r\n\r\n`,
    );

    await arrived.opened;
    client.reset();

    await closed.opened;
  });
});
