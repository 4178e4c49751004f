import { connect } from 'node:http2';
import { Controller, Get, Module, Post, Req, UseGuards } from '@nestjs/common';
import {
  defineUpstream,
  ExternalAuthorization,
  ExternalAuthorizationGuard,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  NoExternalAuthorization,
  ProxyController,
  Public,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { deadPort } from '../support/scripted.upstream.js';
import { bearer } from '../support/tokens.js';

const FILES = defineUpstream('file-service', { targets: env('UPSTREAM_URL') });
const url = env('AUTHZ_URL');

@ProxyController(FILES, 'files')
@ExternalAuthorization({ url, forwardHeaders: ['X-Ticket'], upstreamHeaders: ['X-Owner'], query: true })
class FilesController {
  constructor(@InjectUpstream(FILES) private readonly files: UpstreamClient) {}

  @Get(':id')
  one(@Forward() call: ForwardCall) {
    return this.files.forward(call);
  }

  @Post()
  create(@Forward() call: ForwardCall) {
    return this.files.forward(call);
  }

  @Get('scoped/:id')
  @RequireScope('files:read')
  scoped(@Forward() call: ForwardCall) {
    return this.files.forward(call);
  }

  @Get('open/list')
  @NoExternalAuthorization('names are no secret')
  list(@Forward() call: ForwardCall) {
    return this.files.forward(call);
  }
}

@ProxyController(FILES, 'pages')
@Public()
class PagesController {
  constructor(@InjectUpstream(FILES) private readonly files: UpstreamClient) {}

  @Get('soft')
  @ExternalAuthorization({
    url: env('DEAD_URL'),
    failOpen: 'pages are public anyway',
    upstreamHeaders: ['X-Owner'],
  })
  soft(@Forward() call: ForwardCall) {
    return this.files.forward(call);
  }

  @Get('hard')
  @ExternalAuthorization({ url: env('DEAD_URL') })
  hard(@Forward() call: ForwardCall) {
    return this.files.forward(call);
  }
}

@Controller('desk')
@UseGuards(ExternalAuthorizationGuard)
class DeskController {
  @Get()
  @ExternalAuthorization({ url, upstreamHeaders: ['X-Owner'] })
  desk(@Req() req: { headers: Record<string, unknown> }) {
    return { owner: req.headers['x-owner'] };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(FILES)],
  controllers: [FilesController, PagesController, DeskController],
})
class AppModule {}

describe.each(WAYS)('external authorization, %s', (way) => {
  let authorizer: RecordingUpstream;
  let upstream: RecordingUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    authorizer = await RecordingUpstream.start();
    upstream = await RecordingUpstream.start();
    running = await startGateway(AppModule, {
      way,
      environment: {
        UPSTREAM_URL: upstream.url,
        AUTHZ_URL: `${authorizer.url}/check`,
        DEAD_URL: `http://127.0.0.1:${await deadPort()}`,
      },
    });
  });

  beforeEach(() => {
    authorizer.received.length = 0;
    upstream.received.length = 0;
    authorizer.respond = (_req, res) => res.writeHead(200, { 'X-Owner': 'alice' }).end();
  });

  afterAll(async () => {
    await running.close();
    await authorizer.close();
    await upstream.close();
  });

  const askFor = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(running.url + path, { headers: { ...bearer({ scope: 'files:write' }), ...headers } });

  it('lets through with the answer’s headers, the client’s own taken out', async () => {
    const answer = await askFor('/files/7?v=2', { 'X-Owner': 'root', X_Owner: 'root', 'X-Ticket': 't-1' });

    expect(answer.status).toBe(200);
    expect(authorizer.last.headers).toMatchObject({
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/files/7?v=2',
      'x-authenticated-subject': 'alice',
      'x-ticket': 't-1',
    });
    expect(authorizer.last.headers.authorization).toBeUndefined();
    expect(upstream.last.headers['x-owner']).toBe('alice');
    expect(upstream.last.headers['x_owner']).toBeUndefined();
    expect(upstream.last.headers['x-ticket']).toBe('t-1');
  });

  it('lets a body through that the server never saw', async () => {
    const answer = await ask(`${running.url}/files`, { method: 'POST', headers: bearer(), body: 'the body' });

    expect(answer.status).toBe(200);
    expect(authorizer.last.body).toHaveLength(0);
    expect(upstream.last.body.toString()).toBe('the body');
  });

  it.each([
    [401, { status: 401, code: 'unauthenticated', reason: 'external-denied' }],
    [403, { status: 403, code: 'forbidden', reason: 'external-denied' }],
    [500, { status: 503, code: 'identity-unavailable' }],
    [302, { status: 503, code: 'identity-unavailable' }],
  ])('answers its %i', async (status, problem) => {
    authorizer.respond = (_req, res) =>
      res.writeHead(status, { 'WWW-Authenticate': 'Ticket realm="desk"', Location: '/' }).end('why');
    const answer = await askFor('/files/7');

    expect(answer.json()).toMatchObject({ ...problem, policy: 'external-authorization' });
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Ticket realm="desk"' : undefined);
    expect(upstream.received).toHaveLength(0);
  });

  it('is not asked about requests that the gateway refuses by itself', async () => {
    expect((await ask(`${running.url}/files/7`)).status).toBe(401);
    const answer = await askFor('/files/scoped/7');

    expect(answer.json()).toMatchObject({ reason: 'scope-missing' });
    expect(authorizer.received).toHaveLength(0);
  });

  it('can be taken off one route', async () => {
    expect((await askFor('/files/open/list')).status).toBe(200);
    expect(authorizer.received).toHaveLength(0);
  });

  it('is closed while nobody answers, and open only where that was said', async () => {
    const hard = await ask(`${running.url}/pages/hard`);
    const soft = await ask(`${running.url}/pages/soft`, { headers: { 'X-Owner': 'root' } });

    expect(hard.json()).toMatchObject({ status: 503, code: 'identity-unavailable' });
    expect(soft.status).toBe(200);
    expect(upstream.received).toHaveLength(1);
    expect(upstream.last.headers['x-owner']).toBeUndefined();
  });

  it('holds over HTTP/2', async () => {
    const session = connect(running.url);
    const passed = await askOn(session, '/files/7', { headers: { ...bearer(), 'x-owner': 'root' } });
    authorizer.respond = (_req, res) => res.writeHead(403).end();
    const refused = await askOn(session, '/files/7', { headers: bearer() });
    session.close();

    expect([passed.status, refused.status]).toEqual([200, 403]);
    expect(upstream.last.headers['x-owner']).toBe('alice');
  });

  it('holds on ordinary controllers by its guard', async () => {
    const passed = await ask(`${running.url}/desk`, { headers: { 'X-Owner': 'root' } });
    authorizer.respond = (_req, res) => res.writeHead(403).end();
    const refused = await ask(`${running.url}/desk`);

    expect(passed.json()).toEqual({ owner: 'alice' });
    expect(refused.json()).toMatchObject({ code: 'forbidden', reason: 'external-denied' });
  });
});
