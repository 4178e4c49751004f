import { connect } from 'node:http2';
import { type CanActivate, Controller, Get, Injectable, Module, Req, UseGuards } from '@nestjs/common';
import {
  Authenticate,
  anonymous,
  anyOf,
  apiKey,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  JwtAuthGuard,
  jwt,
  type Principal,
  ProxyController,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOfApiKey, newApiKey } from '../../src/contracts/api-key-text.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { sendRaw } from '../support/raw.client.js';
import { bearer } from '../support/tokens.js';

const KEY = newApiKey();
const READER = newApiKey();
const OLD = newApiKey();
const FUTURE = newApiKey();
const ENV_KEY = newApiKey();

const digest = (key: string): string => `sha256:${digestOfApiKey(key)}`;
const daysFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

const SERVICE = defineUpstream('key-service', { targets: env('UPSTREAM_URL') });
const LEGACY = defineUpstream('legacy-key-service', { targets: env('UPSTREAM_URL'), proxy: {} });

/** A team's own guard, as it would be written for any Nest application. */
@Injectable()
class PlanGuard implements CanActivate {
  canActivate(context: Parameters<CanActivate['canActivate']>[0]): boolean {
    return context.switchToHttp().getRequest<{ user?: Principal }>().user?.consumer?.plan === 'gold';
  }
}

@ProxyController(SERVICE, 'keys')
class KeysController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('header')
  @WebSocket()
  header(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('anywhere')
  @Authenticate(
    apiKey({ in: [{ header: 'X-API-Key' }, { query: 'api_key' }, { cookie: 'key' }], realm: 'shop' }),
  )
  anywhere(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('forwarded')
  @Authenticate(
    apiKey({ in: [{ header: 'X-API-Key' }, { query: 'api_key' }, { cookie: 'key' }], forward: true }),
  )
  forwarded(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('either')
  @Authenticate(anyOf(jwt(), apiKey({ in: [{ cookie: 'first' }] }), apiKey({ in: [{ cookie: 'second' }] })))
  either(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('key-or-session')
  @Authenticate(anyOf(apiKey({ in: [{ cookie: 'first' }] }), jwt({ in: [{ cookie: 'session' }] })))
  keyOrSession(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('guest')
  @Authenticate(anyOf(apiKey(), anonymous()))
  guest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('scoped')
  @RequireScope('orders:write')
  scoped(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('gold')
  @UseGuards(PlanGuard)
  gold(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** Through http-proxy-middleware. */
@ProxyController(LEGACY, 'legacy')
class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly service: UpstreamClient) {}

  @Get('anywhere')
  @Authenticate(apiKey({ in: [{ header: 'X-API-Key' }, { query: 'api_key' }, { cookie: 'key' }] }))
  anywhere(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Controller('who')
class WhoController {
  @Get()
  @Authenticate(apiKey())
  @UseGuards(JwtAuthGuard)
  who(@Req() { user }: { user?: Principal }) {
    return { ...user, scopes: [...(user?.scopes ?? [])] };
  }
}

@Module({
  imports: [
    GatewayModule.forRoot({
      authentication: apiKey(),
      consumers: [
        {
          id: 'acme',
          name: 'Acme Inc.',
          customId: 'crm-7',
          plan: 'gold',
          groups: ['partners'],
          apiKeys: [
            { id: 'acme-1', digest: digest(KEY), scopes: ['orders:read', 'orders:write'] },
            { id: 'acme-0', digest: digest(OLD), expiresAt: daysFromNow(-1) },
            { id: 'acme-2', digest: digest(FUTURE), notBefore: daysFromNow(1) },
          ],
        },
        { id: 'reader', apiKeys: [{ id: 'reader-1', digest: digest(READER), scopes: ['orders:read'] }] },
      ],
    }),
    UpstreamModule.forFeature(SERVICE, LEGACY),
  ],
  controllers: [KeysController, LegacyController, WhoController],
})
class AppModule {}

const environment = { API_KEYS: `# a small service\nmachine:${digest(ENV_KEY)} orders:read orders:write\n` };

describe.each(WAYS)('API keys, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way, environment });

  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    let session: ReturnType<typeof connect> | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    afterAll(() => session?.close());

    const get = (path: string, request: Ask = {}): Promise<Answer> =>
      session === undefined ? ask(fixture.running.url + path, request) : askOn(session, path, request);

    it('lets a key through, and the upstream never sees it', async () => {
      const answer = await get('/keys/header', { headers: { 'X-API-Key': KEY, 'X-Other': 'stays' } });

      expect(answer.status).toBe(200);
      expect(fixture.upstream.last.headers['x-other']).toBe('stays');
      expect(fixture.upstream.last.rawHeaders.join()).not.toContain(KEY);
    });

    it('takes the name of a header in any case', async () => {
      expect((await get('/keys/header', { headers: { 'x-ApI-kEy': KEY } })).status).toBe(200);
    });

    it('answers 401 without a key, and says where one may be sent', async () => {
      const answer = await get('/keys/anywhere');

      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ code: 'unauthenticated', detail: 'An API key is required.' });
      expect(answer.headers['www-authenticate']).toBe(
        'ApiKey realm="shop", in="header", name="X-API-Key", ApiKey realm="shop", in="query", name="api_key", ApiKey realm="shop", in="cookie", name="key"',
      );
      expect(fixture.upstream.received).toHaveLength(0);
    });

    it.each([
      ['query', `/keys/anywhere?a=1&api_key=${KEY}&b=%20x`, {}, '/keys/anywhere?a=1&b=%20x'],
      ['query, escaped', `/keys/anywhere?%61pi%5Fkey=${KEY}`, {}, '/keys/anywhere'],
      ['cookie', '/keys/anywhere', { Cookie: `a=1; key=${KEY}; b=2` }, '/keys/anywhere'],
    ])('takes a key from the %s and strips that alone', async (_, path, headers, forwarded) => {
      const answer = await get(path, { headers });

      expect(answer.status).toBe(200);
      expect(fixture.upstream.last.url).toBe(forwarded);
      expect(fixture.upstream.last.headers.cookie).toBe('Cookie' in headers ? 'a=1; b=2' : undefined);
      expect(JSON.stringify(fixture.upstream.last)).not.toContain(KEY);
    });

    it.each([
      ['header', '/legacy/anywhere?a=1', { 'X-API-Key': KEY, Cookie: 'a=1' }],
      ['query', `/legacy/anywhere?api_key=${KEY}&a=1`, { Cookie: 'a=1' }],
      ['cookie', '/legacy/anywhere?a=1', { Cookie: `key=${KEY}; a=1` }],
    ])('strips the %s on the way through http-proxy-middleware too', async (_, path, headers) => {
      const answer = await get(path, { headers: headers as Record<string, string> });

      expect(answer.status).toBe(200);
      expect(fixture.upstream.last).toMatchObject({
        url: '/legacy/anywhere?a=1',
        headers: { cookie: 'a=1' },
      });
      expect(JSON.stringify(fixture.upstream.last)).not.toContain(KEY);
    });

    it('forwards a key where the route asks for it', async () => {
      await get('/keys/forwarded', { headers: { 'X-API-Key': KEY } });
      const header = fixture.upstream.last.headers['x-api-key'];
      await get(`/keys/forwarded?api_key=${KEY}`);
      const query = fixture.upstream.last.url;
      await get('/keys/forwarded', { headers: { Cookie: `key=${KEY}` } });
      const { cookie } = fixture.upstream.last.headers;

      expect([header, query, cookie]).toEqual([KEY, `/keys/forwarded?api_key=${KEY}`, `key=${KEY}`]);
    });

    it.each([
      ['in two places', `/keys/anywhere?api_key=${KEY}`, { 'X-API-Key': KEY }],
      ['twice in the query', `/keys/anywhere?api_key=${KEY}&api_key=${KEY}`, {}],
      ['twice in a cookie', '/keys/anywhere', { Cookie: `key=${KEY}; key=${KEY}` }],
      ['and an empty one elsewhere', '/keys/anywhere?api_key=', { 'X-API-Key': KEY }],
    ])('answers 401 to a good key that was sent %s', async (_, path, headers) => {
      const answer = await get(path, { headers: headers as Record<string, string> });

      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ detail: 'More than one API key was sent.' });
      expect(fixture.upstream.received).toHaveLength(0);
    });

    it.each([
      ['that is unknown', () => newApiKey(), 'The API key is not valid.'],
      [
        'with one letter changed',
        () => `${KEY.slice(0, -1)}${KEY.endsWith('0') ? '1' : '0'}`,
        'The API key is not valid.',
      ],
      ['that is only a part', () => KEY.slice(0, -1), 'The API key is not valid.'],
      ['that is the digest', () => digestOfApiKey(KEY), 'The API key is not valid.'],
      ['with blanks inside', () => `${KEY} ${KEY}`, 'The API key is not valid.'],
      ['called __proto__', () => '__proto__', 'The API key is not valid.'],
      ['that has expired', () => OLD, 'The API key has expired.'],
      ['that is not valid yet', () => FUTURE, 'The API key is not valid yet.'],
    ])('answers 401 to a key %s', async (_, make, detail) => {
      const answer = await get('/keys/header', { headers: { 'X-API-Key': make() } });

      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ detail });
      expect(fixture.upstream.received).toHaveLength(0);
    });

    it('takes every cookie of anyOf out, whichever of them counted', async () => {
      const cookies = { Cookie: `a=1; first=${KEY}; second=${READER}` };

      const byCookie = await get('/keys/either', { headers: cookies });
      const seen = JSON.stringify(fixture.upstream.last);
      const byToken = await get('/keys/either', { headers: { ...cookies, ...bearer() } });

      expect([byCookie.status, byToken.status]).toEqual([200, 200]);
      for (const text of [seen, JSON.stringify(fixture.upstream.last)]) {
        expect(text).not.toContain(KEY);
        expect(text).not.toContain(READER);
      }
      expect(fixture.upstream.last.headers.cookie).toBe('a=1');
    });

    it('takes the cookies of a key and of a token out, whichever of them counted', async () => {
      const session = bearer().Authorization.slice('Bearer '.length);

      const sent: unknown[] = [];
      for (const key of [KEY, 'bad']) {
        const Cookie = `a=1; first=${key}; b=2; session=${session}`;
        const { status } = await get('/keys/key-or-session', { headers: { Cookie } });
        sent.push([status, fixture.upstream.last.headers.cookie]);
      }

      expect(sent).toEqual([
        [200, 'a=1; b=2'],
        [200, 'a=1; b=2'],
      ]);
    });

    it('takes nobody with a bad key for a guest', async () => {
      const guest = await get('/keys/guest');
      const bad = await get('/keys/guest', { headers: { 'X-API-Key': 'bad' } });

      expect([guest.status, bad.status]).toEqual([200, 401]);
    });

    it('grants the scopes of the key', async () => {
      const full = await get('/keys/scoped', { headers: { 'X-API-Key': KEY } });
      const read = await get('/keys/scoped', { headers: { 'X-API-Key': READER } });
      const line = await get('/keys/scoped', { headers: { 'X-API-Key': ENV_KEY } });

      expect([full.status, read.status, line.status]).toEqual([200, 403, 200]);
    });

    it("shows a team's guard and handler the consumer", async () => {
      const gold = await get('/keys/gold', { headers: { 'X-API-Key': KEY } });
      const other = await get('/keys/gold', { headers: { 'X-API-Key': READER } });
      const who = await get('/who', { headers: { 'X-API-Key': KEY } });

      expect([gold.status, other.status]).toEqual([200, 403]);
      expect(who.json()).toMatchObject({
        method: 'api-key',
        subject: 'acme',
        credential: 'acme-1',
        scopes: ['orders:read', 'orders:write'],
        consumer: { id: 'acme', name: 'Acme Inc.', customId: 'crm-7', plan: 'gold' },
      });
    });
  });

  it('answers 401 to a key in two header fields, or in two cookie fields', async () => {
    const refused = async (path: string, field: string) =>
      (await sendRaw(fixture.running.port, `GET ${path} HTTP/1.1\r\nHost: gw\r\n${field}${field}\r\n`))
        .status;

    expect(await refused('/keys/header', `X-API-Key: ${KEY}\r\n`)).toBe(401);
    expect(await refused('/keys/header', 'X-API-Key:\r\n')).toBe(401);
    expect(await refused('/keys/anywhere', `Cookie: key=${KEY}\r\n`)).toBe(401);
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('asks for the key before it lets a connection become a WebSocket', async () => {
    const upgrade = (key: string): string =>
      `GET /keys/header HTTP/1.1\r\nHost: gw\r\nX-API-Key: ${key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

    const refused = await sendRaw(fixture.running.port, upgrade('bad'));

    expect(refused.status).toBe(401);
    expect(fixture.upstream.received).toHaveLength(0);
  });
});
