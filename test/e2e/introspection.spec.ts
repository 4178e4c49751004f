import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import {
  Authenticate,
  Authorize,
  anyOf,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  introspection,
  JwtAuthGuard,
  jwt,
  type Principal,
  ProxyController,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { bearer } from '../support/tokens.js';

const CANARY = 'canary-password';
const NOTES = defineUpstream('note-service', { targets: env('UPSTREAM_URL') });

interface NoteClaims {
  readonly sub: string;
}

@ProxyController(NOTES, 'notes')
@Authenticate(anyOf(jwt(), introspection({ tokens: 'opaque', audience: 'notes' })))
class NotesController {
  constructor(@InjectUpstream(NOTES) private readonly notes: UpstreamClient) {}

  @Get()
  @RequireScope('notes:read')
  all(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }

  @Get('own/:id')
  @Authorize<NoteClaims, 'id'>((claims, call) => claims.sub === call.params.id)
  own(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }
}

@Controller('me')
class MeController {
  @Get()
  @UseGuards(JwtAuthGuard)
  @Authenticate(introspection())
  me(@Req() req: { user?: Principal }) {
    return { subject: req.user?.subject, method: req.user?.method };
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(NOTES)],
  controllers: [NotesController, MeController],
})
class AppModule {}

describe.each(WAYS)('opaque tokens, %s', (way) => {
  let issuer: RecordingUpstream;
  let upstream: RecordingUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    issuer = await RecordingUpstream.start();
    upstream = await RecordingUpstream.start();
  });

  beforeEach(async () => {
    issuer.received.length = 0;
    upstream.received.length = 0;
    issuer.respond = ({ body }, res) => {
      const token = new URLSearchParams(body.toString()).get('token') ?? '';
      const told = token.startsWith('good')
        ? { active: true, sub: 'alice', aud: 'notes', scope: 'notes:read' }
        : { active: false };
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify(told));
    };
    running = await startGateway(AppModule, {
      way,
      environment: {
        UPSTREAM_URL: upstream.url,
        INTROSPECTION_URL: issuer.url,
        INTROSPECTION_CLIENT_ID: 'gateway',
        INTROSPECTION_CLIENT_SECRET: CANARY,
      },
    });
    return () => running.close();
  });

  afterAll(async () => {
    await issuer.close();
    await upstream.close();
  });

  const askFor = (path: string, token: string, request: Ask = {}) =>
    ask(running.url + path, { ...request, headers: { Authorization: `Bearer ${token}` } });

  it('are asked about once, and their scopes and claims count', async () => {
    expect((await askFor('/notes', 'good')).status).toBe(200);
    expect((await askFor('/notes/own/alice', 'good')).status).toBe(200);
    const refused = await askFor('/notes/own/bob', 'good');

    expect(refused.status).toBe(403);
    expect(refused.json()).toMatchObject({ policy: 'authorize', reason: 'rule-refused' });
    expect(issuer.received).toHaveLength(1);
    expect(upstream.received).toHaveLength(2);
  });

  it('stand beside signed ones, which nobody is asked about', async () => {
    const answer = await ask(`${running.url}/notes`, { headers: bearer({ scope: 'notes:read' }) });

    expect(answer.status).toBe(200);
    expect(issuer.received).toHaveLength(0);
  });

  it('that are not active are 401 with a challenge', async () => {
    const answer = await askFor('/notes', 'bad');

    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(upstream.received).toHaveLength(0);
  });

  it('hold over HTTP/2 too', async () => {
    const session = connect(running.url);
    const headers = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    const answers = [
      await askOn(session, '/notes', headers('good')),
      await askOn(session, '/notes', headers('bad')),
    ];
    session.close();

    expect(answers.map(({ status }) => status)).toEqual([200, 401]);
  });

  it('hold on ordinary controllers by the guard', async () => {
    const answer = await askFor('/me', 'good');

    expect(answer.json()).toEqual({ subject: 'alice', method: 'introspection' });
    expect((await askFor('/me', 'bad')).status).toBe(401);
  });

  it('are 503 while nobody can tell, until the breaker spares the issuer, and it is logged once', async () => {
    issuer.respond = (_req, res) => res.writeHead(500).end();
    const statuses = new Set<number>();
    for (let i = 0; i < 25; i++) statuses.add((await askFor('/notes', `good-${i}`)).status);

    const answer = await askFor('/notes', 'good-more');
    expect(statuses).toEqual(new Set([503]));
    expect(answer.json()).toMatchObject({ code: 'identity-unavailable' });
    expect(answer.headers['retry-after']).toBeDefined();
    expect(issuer.received).toHaveLength(20);
    expect(upstream.received).toHaveLength(0);
    expect(await running.logged('breaker.opened', 1)).toHaveLength(1);
  });

  it('and the password are in no log line, no metric and no answer', async () => {
    issuer.respond = (_req, res) => res.writeHead(302, { Location: `/?${CANARY}` }).end();
    const answer = await askFor('/notes', 'canary-token');
    await running.accessLines(1);
    const metrics = await ask(`${running.adminUrl}/metrics`);

    const seen = JSON.stringify([answer.text, answer.rawHeaders, running.lines(), metrics.text]);
    expect(seen).not.toContain('canary');
    expect(seen).not.toContain(Buffer.from(`gateway:${CANARY}`).toString('base64'));
  });
});

describe('the password in a file', () => {
  it('is used anew when the file changed, and tokens that are remembered stay so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'introspection-'));
    const file = join(folder, 'secret');
    writeFileSync(file, 'first');
    const issuer = await RecordingUpstream.start();
    issuer.respond = (_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end('{"active":true,"sub":"alice"}');
    };
    const running = await startGateway(AppModule, {
      environment: {
        UPSTREAM_URL: issuer.url,
        INTROSPECTION_URL: issuer.url,
        INTROSPECTION_CLIENT_ID: 'gateway',
        INTROSPECTION_CLIENT_SECRET_FILE: file,
      },
    });
    const askWith = (token: string) =>
      ask(`${running.url}/me`, { headers: { Authorization: `Bearer ${token}` } });
    await askWith('one');

    writeFileSync(`${file}.new`, 'second');
    renameSync(`${file}.new`, file);
    await running.logged('secret.reloaded', 1);
    await askWith('one');
    await askWith('two');

    const passwords = issuer.received.map(({ headers }) =>
      Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(),
    );
    expect(passwords).toEqual(['gateway:first', 'gateway:second']);
    await running.close();
    await issuer.close();
    rmSync(folder, { recursive: true });
  });
});
