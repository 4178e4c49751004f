import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { All, Body, Get, Module, Post } from '@nestjs/common';
import {
  BodyLimit,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  TransformRequest,
  TransformResponse,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, WAYS } from '../support/gateway.harness.js';
import { RawClient } from '../support/raw.client.js';

const PARTS = defineUpstream('part-service', { targets: env('UPSTREAM_URL') });
const LEGACY = defineUpstream('legacy-service', { targets: env('UPSTREAM_URL'), proxy: {} });

const EDITS = {
  body: { remove: ['role'], add: { tenant: '$(headers["x-tenant"])' }, limitBytes: 4096 },
} as const;

@ProxyController(PARTS, 'parts')
@Public()
class PartsController {
  constructor(@InjectUpstream(PARTS) private readonly parts: UpstreamClient) {}

  @Post('edited')
  @TransformRequest(EDITS)
  edited(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Post('edited/small')
  @BodyLimit(64)
  @TransformRequest(EDITS)
  small(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Post('edited/lenient')
  @TransformRequest({ body: { ...EDITS.body, unreadable: 'pass' } })
  lenient(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Post('seen')
  @TransformRequest(EDITS)
  async seen(@Body() body: unknown, @Forward() call: ForwardCall) {
    await this.parts.forward(call).then((answer) => answer.body.discard());
    return body;
  }

  @All('moved/:id/*rest')
  @TransformRequest({
    path: '/v2/$(uri_captures.id)/$(uri_captures.rest)',
    headers: {
      replace: { 'X-Maybe': 'ours' },
      set: { 'X-Id': '<$(uri_captures[1])>', 'X-Who': '$(query_params.who)' },
    },
  })
  moved(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Post('searched')
  @TransformRequest({ method: 'GET', query: { remove: ['page'] } })
  searched(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Get('probed')
  @TransformRequest({ method: 'HEAD' })
  probed(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Get('answer')
  @TransformResponse({
    json: { remove: ['secret'], rename: { old: 'new' }, add: { tags: ['x'], n: 1 }, limitBytes: 4096 },
    headers: { replace: { Server: 'hidden' } },
  })
  answer(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }
}

@ProxyController(LEGACY, 'legacy')
@Public()
class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly legacy: UpstreamClient) {}

  @Post('edited')
  @TransformRequest({ ...EDITS, method: 'PUT', path: '/v2/$(query_params.to)' })
  edited(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(PARTS, LEGACY)],
  controllers: [PartsController, LegacyController],
})
class AppModule {}

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe.each(WAYS)('requests and answers that are shaped, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way, environment: { ADMIN_TOKEN: 'an-admin-token-for-tests' } });
  const post = (path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = JSON_TYPE) =>
    fixture.ask(path, { method: 'POST', headers, body });

  it('edits a JSON body, and frames what it made of it', async () => {
    const answer = await post('/parts/edited', '{"id":12345678901234567890,"role":"admin"}', {
      ...JSON_TYPE,
      'X-Tenant': 'north',
      Digest: 'x',
    });

    const { body, headers } = fixture.upstream.last;
    expect(answer.status).toBe(200);
    expect(body.toString()).toBe('{"id":12345678901234567890,"tenant":"north"}');
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(headers['digest']).toBeUndefined();
  });

  it('edits one that comes in chunks', async () => {
    const client = new RawClient(fixture.running.port);
    client.send(
      'POST /parts/edited HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"rol\r\n',
    );
    client.send('c\r\ne":1,"a":"2"\r\n1\r\n}\r\n0\r\n\r\n');

    const answer = await client.answer('POST');
    client.socket.destroy();

    expect(answer.status).toBe(200);
    expect(fixture.upstream.last.body.toString()).toBe('{"a":"2"}');
    expect(fixture.upstream.last.headers['content-length']).toBe('9');
  });

  it('asks for a body that the client holds back', async () => {
    const client = new RawClient(fixture.running.port);
    client.send(
      'POST /parts/edited HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n',
    );
    const [first] = (await once(client.socket, 'data')) as [Buffer];
    client.send('{"role":1}');

    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const answer = await client.answer('POST');
    client.socket.destroy();

    expect(answer.status).toBe(200);
    expect(fixture.upstream.last.body.toString()).toBe('{}');
  });

  it.each([
    ['application/x-www-form-urlencoded', 'role=admin&a=%7e', 'a=%7e'],
    [
      'multipart/form-data; boundary=B',
      '--B\r\nContent-Disposition: form-data; name="role"\r\n\r\nadmin\r\n--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',
      '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',
    ],
    ['text/plain', 'role=admin', 'role=admin'],
  ])('takes a body as %s', async (type, sent, reached) => {
    await post('/parts/edited', sent, { 'Content-Type': type });

    expect(fixture.upstream.last.body.toString()).toBe(reached);
    expect(fixture.upstream.last.headers['content-type']).toBe(type);
  });

  it.each<[string, string | Buffer, Readonly<Record<string, string>>]>([
    ['is not what its type says', '{"role":', JSON_TYPE],
    ['is compressed', gzipSync('{"role":1}'), { ...JSON_TYPE, 'Content-Encoding': 'gzip' }],
  ])('refuses a body that %s, and passes it where that is said', async (_what, body, headers) => {
    const refused = await post('/parts/edited', body, headers);
    const asked = fixture.upstream.received.length;
    const passed = await post('/parts/edited/lenient', body, headers);

    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({ code: 'bad-request', policy: 'transform-request' });
    expect(asked).toBe(0);
    expect(passed.status).toBe(200);
    expect(fixture.upstream.last.body).toEqual(Buffer.from(body));
  });

  it('refuses a body over its limit, and one over that of the route', async () => {
    const long = await post('/parts/edited', JSON.stringify({ a: 'x'.repeat(4096) }));
    const longer = await post('/parts/edited/small', JSON.stringify({ a: 'x'.repeat(64) }));

    expect([long.status, longer.status]).toEqual([413, 413]);
    expect(long.json()).toMatchObject({ code: 'body-too-large', policy: 'transform-request' });
    expect(longer.json()).toMatchObject({ policy: 'body-limit' });
    expect(fixture.upstream.received).toEqual([]);
  });

  it('refuses a body that runs over the limit while it comes, and sends nothing of it on', async () => {
    const client = new RawClient(fixture.running.port);
    client.send(
      `POST /parts/edited HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1800\r\n"${'x'.repeat(6143)}\r\n`,
    );

    const answer = await client.answer('POST');
    client.socket.destroy();

    expect(answer.status).toBe(413);
    expect(fixture.upstream.received).toEqual([]);
  });

  it('sends nothing on when the client leaves before its body is whole', async () => {
    const client = new RawClient(fixture.running.port);
    client.send(
      'POST /parts/edited?left HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"role":1}',
    );
    setTimeout(() => client.socket.destroy(), 50);

    await expect
      .poll(
        () => fixture.running.lines().find((line) => line['event'] === 'request' && line['status'] === 499),
        { timeout: 5_000 },
      )
      .toMatchObject({ path: '/parts/edited' });
    expect(fixture.upstream.received).toEqual([]);
  });

  it('shows a handler the edited body', async () => {
    const answer = await post('/parts/seen', '{"role":"admin","a":1}');

    expect(answer.json()).toEqual({ a: 1 });
    expect(fixture.upstream.last.body.toString()).toBe('{"a":1}');
  });

  it('sends to the path that is made of the request', async () => {
    await fixture.ask('/parts/moved/7/a/b%20c?who=ann', { headers: { 'X-Maybe': 'theirs' } });

    expect(fixture.upstream.last.url).toBe('/v2/7/a/b%20c?who=ann');
    expect(fixture.upstream.last.headers).toMatchObject({ 'x-maybe': 'ours', 'x-id': '<7>', 'x-who': 'ann' });
  });

  it('replaces and fills in nothing that is not there', async () => {
    await fixture.ask('/parts/moved/7/a');

    expect(fixture.upstream.last.headers['x-maybe']).toBeUndefined();
    expect(fixture.upstream.last.headers['x-who']).toBeUndefined();
  });

  it('refuses what would end a header', async () => {
    const answer = await fixture.ask('/parts/moved/7/a?who=%0D%0AX-Role:%20admin');

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'bad-request', policy: 'transform-request' });
    expect(fixture.upstream.received).toEqual([]);
  });

  it('sends a form on as a query where the method becomes GET', async () => {
    await post('/parts/searched?a=1', 'q=x+y&page=2', {
      'Content-Type': 'application/x-www-form-urlencoded',
    });

    expect(fixture.upstream.last).toMatchObject({ method: 'GET', url: '/parts/searched?a=1&q=x%20y' });
  });

  it('answers without a body, and at once, where the method becomes HEAD', async () => {
    fixture.upstream.respond = (_req, res) =>
      res.writeHead(200, { 'Content-Length': '12', 'X-A': '1' }).end();

    const answer = await fixture.ask('/parts/probed');

    expect(fixture.upstream.last.method).toBe('HEAD');
    expect(answer.headers).toMatchObject({ 'content-length': '0', 'x-a': '1' });
  });

  it('does all of it before http-proxy-middleware too', async () => {
    await post('/legacy/edited?to=a', '{"role":1,"b":2}');

    const { method, url, body, headers } = fixture.upstream.last;
    expect({ method, url, body: body.toString() }).toEqual({
      method: 'PUT',
      url: '/v2/a?to=a',
      body: '{"b":2}',
    });
    expect(headers['content-length']).toBe('7');
  });

  it('edits JSON answers, and frames what it made of them', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
        Server: 'x',
        ETag: '"1"',
      });
      res.end(gzipSync('{"id":12345678901234567890,"secret":1,"old":true}'));
    };

    const answer = await fixture.ask('/parts/answer', {
      headers: { 'Accept-Encoding': 'gzip', Range: 'bytes=0-1' },
    });

    expect(answer.text).toBe('{"id":12345678901234567890,"new":true,"tags":["x"],"n":1}');
    expect(answer.headers).toMatchObject({
      'content-length': String(answer.body.length),
      server: 'hidden',
      etag: '"1"',
    });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(fixture.upstream.last.headers['accept-encoding']).toBeUndefined();
    expect(fixture.upstream.last.headers['range']).toBeUndefined();
  });

  it('passes an answer that is no JSON after all, and logs a warning', async () => {
    fixture.upstream.respond = (_req, res) =>
      res.writeHead(203, { 'Content-Type': 'application/json' }).end('{"secret":');

    const answer = await fixture.ask('/parts/answer');

    expect(answer.status).toBe(203);
    expect(answer.text).toBe('{"secret":');
    expect(await fixture.running.logged('transform.answer-unchanged', 1)).toMatchObject([
      { route: 'GET /parts/answer', upstream: 'part-service', reason: 'that is not JSON', answers: 1 },
    ]);
  });

  it('answers 502 to JSON over the limit', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify('x'.repeat(5000)));
    };

    const answer = await fixture.ask('/parts/answer');

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-body', policy: 'transform-response' });
  });

  it('states no length of an answer to HEAD that it would edit', async () => {
    fixture.upstream.respond = (_req, res) =>
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '30' }).end();

    const answer = await fixture.ask('/parts/answer', { method: 'HEAD' });

    expect(answer.status).toBe(200);
    expect(answer.headers['content-length']).toBeUndefined();
  });

  it('shows in the route table what is taken into memory', async () => {
    const answer = await ask(`${fixture.running.adminUrl}/routes`, {
      headers: { Authorization: 'Bearer an-admin-token-for-tests' },
    });

    const routes = answer.json() as { routes?: unknown[] } | unknown[];
    const list = (Array.isArray(routes) ? routes : (routes.routes ?? [])) as {
      path: string;
      bufferLimitBytes?: number;
    }[];
    const limits = Object.fromEntries(list.map(({ path, bufferLimitBytes }) => [path, bufferLimitBytes]));
    expect(limits).toMatchObject({
      '/parts/edited': 4096,
      '/parts/searched': 1_048_576,
      '/parts/answer': 4096,
    });
    expect(limits['/parts/moved/:id/*rest']).toBeUndefined();
  });
});
