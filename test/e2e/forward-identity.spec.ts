import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Get, Injectable, Module } from '@nestjs/common';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import {
  type CompiledPolicy,
  declarePolicy,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  IdentityHeaders,
  InjectUpstream,
  type Policy,
  ProxyController,
  Public,
  type StageName,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, describe, expect, it } from 'vitest';
import { CertificateFiles } from '../support/certificate.files.js';
import { CredentialsModule } from '../support/credentials.app.js';
import { credentialsOf } from '../support/credentials.fixture.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { sendRaw } from '../support/raw.client.js';
import { bearer, token } from '../support/tokens.js';
import { openSocket } from '../support/websocket.client.js';

const JWKS = '/.well-known/portcullis/jwks.json';
const ISSUER = 'https://gateway.test';

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEYS = {
  EdDSA: () => pem(generateKeyPairSync('ed25519').privateKey),
  ES256: () => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  RS256: () => pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
};

const files = new CertificateFiles();
const settings = (name: string, text: string) => ({
  IDENTITY_KEY_FILE: files.write(name, text),
  IDENTITY_ISSUER: ISSUER,
});
afterAll(() => files.remove());

/** Every name that some policy of the application writes, as a client would forge it. */
const FORGED: readonly (readonly [string, string])[] = [
  'X-Consumer-ID',
  'X-Consumer-Username',
  'X-Consumer-Custom-ID',
  'X-Consumer-Groups',
  'X-Credential-Identifier',
  'X-Anonymous-Consumer',
  'X-Gateway-Identity',
  'X-Tenant-Id',
  'X-Roles',
  'X-Partner',
  'X-Partner-Issuer',
  'X-User',
  'X-Scopes',
  'X-Team',
].flatMap((name) => [
  [name, 'forged'],
  [name.toLowerCase(), 'forged'],
  [name.replaceAll('-', '_'), 'forged'],
]);

describe.each(WAYS)('identity to the upstream, %s', (way) => {
  const all = credentialsOf(way, settings(`${way}.pem`, KEYS.ES256()));

  const keySet = async (): Promise<JSONWebKeySet> => (await all.ask(JWKS)).json() as JSONWebKeySet;

  it('is told in the headers that the route names', async () => {
    const claims = { tenant: 'north', realm_access: { roles: ['a', 'b,c'] }, partner: 7 };

    const answer = await all.ask('/told/x', { headers: bearer(claims) });

    expect(answer.status).toBe(200);
    expect(all.told('x-tenant-id')).toEqual(['north']);
    expect(all.told('x-roles')).toEqual(['a, b%2Cc']);
    expect(all.told('x-partner')).toEqual(['7']);
    expect(all.told('x-consumer-id')).toEqual([]);
  });

  it.each(['/open/x', '/told/x', '/told/nothing', '/told/public-bearer', '/api/any', '/legacy/x'])(
    '[39] [40] is nothing that a client says, whatever the route: %s',
    async (path) => {
      const fields = FORGED.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const known = path === '/open/x' || path === '/told/public-bearer' ? '' : bearer().Authorization;
      const credential = known === '' ? '' : `Authorization: ${known}\r\n`;

      const answer = await sendRaw(
        all.running.port,
        `GET ${path} HTTP/1.1\r\nHost: gateway\r\n${credential}${fields}\r\n`,
      );

      expect(answer.status).toBe(200);
      expect(all.upstream.last.rawHeaders).not.toContain('forged');
      const names = all.upstream.last.rawHeaders.filter((_, at) => at % 2 === 0);
      expect(names.filter((name) => /^x_/i.test(name))).toEqual([]);
    },
  );

  it('[39] is nothing that a client says over HTTP/2, for a WebSocket or behind its body', async () => {
    const forged = Object.fromEntries(FORGED.map(([name, value]) => [name.toLowerCase(), value]));
    const over2 = await askOn(all.http2(), '/open/x', { headers: forged });
    const seen = all.upstream.last.rawHeaders;
    const { socket } = await openSocket(all.talking.port, '/told/ws', {
      headers: { ...forged, ...bearer({ tenant: 'north' }) },
    });
    const behind = await sendRaw(
      all.talking.port,
      'POST /open/x HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\nTrailer: X-Tenant-Id, X-Late\r\n\r\n1\r\na\r\n0\r\nX-Tenant-Id: forged\r\nX_Tenant_Id: forged\r\nX-Late: yes\r\n\r\n',
    );
    await expect.poll(() => all.echo.requests[1]?.complete).toBe(true);

    socket.terminate();
    expect([over2.status, behind.status]).toEqual([200, 200]);
    expect(seen).not.toContain('forged');
    const [handshake, upload] = all.echo.requests;
    expect(handshake?.rawHeaders).not.toContain('forged');
    expect(handshake?.headers['x-tenant-id']).toBe('north');
    upload?.resume();
    await expect.poll(() => upload?.rawTrailers).toEqual(['X-Late', 'yes']);
  });

  it('[37] cannot be taken away by Connection', async () => {
    const answer = await sendRaw(
      all.running.port,
      `GET /told/x HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${bearer({ tenant: 'north' }).Authorization}\r\nConnection: X-Tenant-Id, X-Gateway-Identity, X-Consumer-ID\r\n\r\n`,
    );

    expect(answer.status).toBe(200);
    expect(all.told('x-tenant-id')).toEqual(['north']);
    expect(all.told('x-gateway-identity')).toHaveLength(1);
  });

  it('is written after every edit of the route and its handler', async () => {
    await all.ask('/told/edited', { headers: bearer({ tenant: 'north' }) });
    const told = [all.told('x-tenant-id'), all.told('x-consumer-id')];
    await all.ask('/told/edited', { headers: bearer() });

    expect(told).toEqual([['north'], []]);
    expect(all.told('x-tenant-id')).toEqual([]);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['text with letters of the world', 'Zürich', ['Z%C3%BCrich']],
    ['a line break', 'a\r\nX-Admin: 1', ['a%0D%0AX-Admin: 1']],
    ['a per cent sign', '100%', ['100%25']],
    ['a truth value', false, ['false']],
    ['an empty text', '', []],
    ['null', null, []],
    ['an empty list', [], []],
  ])('makes a claim safe that is %s', async (_, tenant, values) => {
    const answer = await all.ask('/told/x', { headers: bearer({ tenant }) });

    expect(answer.status).toBe(200);
    expect(all.told('x-tenant-id')).toEqual(values);
    expect(all.told('x-admin')).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['an object', { id: 1 }],
    ['a list of lists', [['a']]],
    ['longer than a header may be', 'x'.repeat(5_000)],
  ])(
    'refuses a caller whose claim is %s, because half of it could mean something else',
    async (_, tenant) => {
      const answer = await all.ask('/told/x', { headers: bearer({ tenant }) });

      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({ policy: 'forward-identity', reason: 'claim-unusable' });
      expect(all.upstream.received).toHaveLength(0);
    },
  );

  it('goes with a joined call only where that says so', async () => {
    await all.ask('/told/joined', { headers: bearer({ tenant: 'north' }) });

    expect(
      all.upstream.received.map(({ url, headers }) => [
        url,
        headers['x-tenant-id'],
        headers['x-gateway-identity'] !== undefined,
      ]),
    ).toEqual([
      ['/without', undefined, false],
      ['/with', 'north', true],
    ]);
  });

  it('is told through http-proxy-middleware alike', async () => {
    const answer = await all.ask('/legacy/x', { headers: bearer({ tenant: 'north' }) });

    expect(answer.status).toBe(200);
    expect(all.told('x-tenant-id')).toEqual(['north']);
    expect(all.told('x-gateway-identity')).toHaveLength(1);
  });

  describe('as a token', () => {
    it('is verified with the key set on the traffic port', async () => {
      await all.ask('/told/x', { headers: bearer({ sub: 'ada', tenant: 'north', scope: 'a b', extra: 1 }) });
      const [signed = ''] = all.told('x-gateway-identity');

      const verified = await jwtVerify(signed, createLocalJWKSet(await keySet()), {
        issuer: ISSUER,
        audience: 'orders',
        algorithms: ['ES256'],
      });

      const { iat = 0, exp = 0, jti, ...claims } = verified.payload;
      expect(claims).toEqual({ iss: ISSUER, sub: 'ada', aud: 'orders', scope: 'a b', tenant: 'north' });
      expect(exp - iat).toBe(60);
      expect(jti).toMatch(/^[0-9a-f-]{36}$/);
      expect(decodeProtectedHeader(signed)).toMatchObject({ alg: 'ES256', typ: 'JWT' });
    });

    it('stands in place of the caller’s own where the route says so', async () => {
      const headers = bearer();
      await all.ask('/told/bearer', { headers });
      const [field = ''] = all.told('authorization');

      const verified = await jwtVerify(field.slice('Bearer '.length), createLocalJWKSet(await keySet()), {
        issuer: ISSUER,
        audience: 'stock',
      });

      expect(field).not.toBe(headers.Authorization);
      expect((verified.payload.exp ?? 0) - (verified.payload.iat ?? 0)).toBe(30);
    });

    it('leaves nothing of what a client sends there, on a public route too', async () => {
      await all.ask('/told/public-bearer', { headers: bearer() });
      const told = all.told('authorization');
      await all.ask('/open/x', { headers: { Authorization: 'Bearer for-the-upstream' } });

      expect(told).toEqual([]);
      expect(all.told('authorization')).toEqual(['Bearer for-the-upstream']);
    });

    it('is the same for the same caller, and another for another', async () => {
      const [ada, bob] = [bearer({ sub: 'ada' }), bearer({ sub: 'bob' })];
      const tokens: string[] = [];
      for (const headers of [ada, ada, bob]) {
        await all.ask('/told/x', { headers });
        tokens.push(...all.told('x-gateway-identity'));
      }

      expect(tokens[1]).toBe(tokens[0]);
      expect(tokens[2]).not.toBe(tokens[0]);
    });

    it('does not outlive the credential it stands for', async () => {
      const exp = Math.floor(Date.now() / 1_000) + 20;
      await all.ask('/told/x', { headers: { Authorization: `Bearer ${token({ exp })}` } });
      const [signed = ''] = all.told('x-gateway-identity');

      const { payload } = await jwtVerify(signed, createLocalJWKSet(await keySet()));

      expect(payload.exp).toBe(exp);
    });
  });

  it('publishes public keys alone, to GET and HEAD, and lets nobody take the path', async () => {
    const answer = await all.ask(JWKS);
    const head = await all.ask(JWKS, { method: 'HEAD' });
    const post = await all.ask(JWKS, { method: 'POST' });
    const over2 = await askOn(all.http2(), JWKS);

    expect(answer.headers).toMatchObject({
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=300',
    });
    expect(answer.json()).toEqual({
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          use: 'sig',
          alg: 'ES256',
          kid: expect.stringMatching(/^[\w-]{43}$/),
        },
      ],
    });
    expect([head.status, head.text, post.status, post.headers.allow]).toEqual([200, '', 405, 'GET, HEAD']);
    expect(over2.text).toBe(answer.text);
  });
});

describe.each(Object.entries(KEYS))('a key that signs with %s', (algorithm, make) => {
  const all = credentialsOf('compiled', settings(`${algorithm}.pem`, make()));

  it('is replaced while the gateway runs; tokens of the one before still verify', async () => {
    const headers = bearer();
    const keys = async () => (await all.ask(JWKS)).json() as JSONWebKeySet;
    await all.ask('/told/x', { headers });
    const [before = ''] = all.told('x-gateway-identity');
    const alone = await keys();

    files.write(`${algorithm}.pem`, make());
    await all.running.logged('secret.reloaded', 1);
    await all.ask('/told/x', { headers });
    const [after = ''] = all.told('x-gateway-identity');
    const both = await keys();

    expect([alone.keys.length, both.keys.length]).toEqual([1, 2]);
    expect(both.keys[1]).toEqual(alone.keys[0]);
    for (const signed of [before, after]) {
      const { protectedHeader } = await jwtVerify(signed, createLocalJWKSet(both), { audience: 'orders' });
      expect(protectedHeader.alg).toBe(algorithm);
    }
    await expect(jwtVerify(after, createLocalJWKSet(alone))).rejects.toThrow('no applicable key');
    expect(decodeProtectedHeader(after).kid).toBe(both.keys[0]?.kid);
  });

  it('stays when its file holds nothing that signs, and no word of the file is logged', async () => {
    files.write(`${algorithm}.pem`, 'a-canary-key');
    await all.running.logged('secret.refused', 1);

    const answer = await all.ask('/told/x', { headers: bearer() });

    expect(answer.status).toBe(200);
    expect(JSON.stringify(all.running.lines())).not.toContain('canary');
    expect(JSON.stringify(all.running.lines())).not.toContain('PRIVATE');
  });
});

const REGIONS = defineUpstream('region-service', { targets: env('UPSTREAM_URL'), breaker: false });

/** A team's own policy that tells upstreams something of the caller. */
@Injectable()
class RegionPolicy implements Policy<object> {
  readonly name = 'region';

  constructor(private readonly headers: IdentityHeaders) {}

  stage(): StageName {
    return 'shape';
  }

  check(): readonly string[] {
    return [];
  }

  compile(): CompiledPolicy {
    this.headers.claim('X-Region');
    return {
      before: (exchange) => {
        exchange.call = exchange.call?.withHeader('X-Region', 'ours');
      },
    };
  }

  describe(): string {
    return 'region';
  }
}

@ProxyController(REGIONS, 'regions')
@Public()
class RegionsController {
  constructor(@InjectUpstream(REGIONS) private readonly regions: UpstreamClient) {}

  @Get('told')
  @declarePolicy({ policy: 'region', options: {}, writtenAs: '@Region' })
  told(@Forward() call: ForwardCall) {
    return this.regions.forward(call);
  }

  @Get('untold')
  untold(@Forward() call: ForwardCall) {
    return this.regions.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot({ policies: [RegionPolicy] }), UpstreamModule.forFeature(REGIONS)],
  controllers: [RegionsController],
})
class RegionsModule {}

describe.each(WAYS)("a header of a team's own policy, %s,", (way) => {
  const fixture = gatewayOf(RegionsModule, { way });

  it('[39] is taken out of what clients send on every route, once the policy claims it', async () => {
    const headers = { 'X-Region': 'forged', X_Region: 'forged' };

    await fixture.ask('/regions/told', { headers });
    await fixture.ask('/regions/untold', { headers });

    expect(fixture.upstream.received.map((request) => request.headers['x-region'])).toEqual([
      'ours',
      undefined,
    ]);
    for (const { rawHeaders } of fixture.upstream.received) expect(rawHeaders).not.toContain('forged');
  });
});

describe('without a key', () => {
  it('no route can promise a token, and start says which', async () => {
    const starting = startGateway(CredentialsModule, {
      environment: { UPSTREAM_URL: 'http://127.0.0.1:9' },
    });

    await expect(starting).rejects.toMatchObject({
      problems: expect.arrayContaining([
        {
          where: 'ToldController.rest',
          message:
            '@ForwardIdentity: token has no key to be signed with; set IDENTITY_KEY_FILE and IDENTITY_ISSUER.',
        },
        expect.objectContaining({
          where: 'ApiController.certificate',
          message: expect.stringContaining('set TLS_CLIENT_CA_FILE'),
        }),
      ]),
    });
  });
});
