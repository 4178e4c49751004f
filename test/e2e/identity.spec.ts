import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  Req,
  UseGuards,
} from '@nestjs/common';
import {
  Authorize,
  AuthorizeGuard,
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
  Public,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, WAYS } from '../support/gateway.harness.js';
import { sendRaw } from '../support/raw.client.js';
import { bearer, token } from '../support/tokens.js';

const ACCOUNTS = defineUpstream('account-service', { targets: env('UPSTREAM_URL') });

/** A team's own guard, as it would be written for any Nest application. */
@Injectable()
class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<{ user?: Principal }>();
    return user?.claims['tenant'] === 'north';
  }
}

interface AccountClaims {
  readonly sub: string;
}

@ProxyController(ACCOUNTS, 'accounts')
class AccountsController {
  constructor(@InjectUpstream(ACCOUNTS) private readonly accounts: UpstreamClient) {}

  @Get()
  all(@Forward() call: ForwardCall) {
    return this.accounts.forward(call);
  }

  @Get('price-list')
  @Public()
  priceList(@Forward() call: ForwardCall) {
    return this.accounts.forward(call);
  }

  @Get('reports')
  @RequireScope('reports:read', 'reports:all')
  reports(@Forward() call: ForwardCall) {
    return this.accounts.forward(call);
  }

  @Get('audits')
  @Authorize({ anyScope: ['audits:read', 'audits:admin'], roles: ['auditor'] })
  audits(@Forward() call: ForwardCall) {
    return this.accounts.forward(call);
  }

  @Get('own/:id')
  @Authorize<AccountClaims, 'id'>((claims, call) => claims.sub === call.params.id)
  own(@Forward() call: ForwardCall) {
    return this.accounts.forward(call);
  }

  @Get('tenant')
  @UseGuards(TenantGuard)
  tenant(@Forward() call: ForwardCall) {
    return this.accounts.forward(call);
  }

  @Get('guarded')
  @UseGuards(JwtAuthGuard)
  guarded(@Forward() call: ForwardCall) {
    return this.accounts.forward(call);
  }
}

@Controller('me')
class MeController {
  @Get()
  @UseGuards(JwtAuthGuard)
  me(@Req() req: { user?: Principal }) {
    return { subject: req.user?.subject };
  }

  @Get('notes/:id')
  @UseGuards(JwtAuthGuard, AuthorizeGuard)
  @Authorize<AccountClaims, 'id'>((claims, call) => claims.sub === call.params.id)
  notes() {
    return { ok: true };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(ACCOUNTS)],
  controllers: [AccountsController, MeController],
})
class AppModule {}

const now = (): number => Math.floor(Date.now() / 1000);
const segment = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const REFUSED: Readonly<Record<string, () => string>> = {
  'signed with another secret': () => token({}, 'another-secret-that-is-long-enough-too'),
  'that has expired': () => token({ exp: now() - 60 }),
  'that is not valid yet': () => token({ nbf: now() + 600 }),
  'without an expiry': () => token({ exp: undefined }),
  'with the algorithm none': () =>
    `${segment({ alg: 'none', typ: 'JWT' })}.${segment({ sub: 'alice', exp: now() + 600 })}.`,
  'with the algorithm none and a signature': () => {
    const [, payload, signature] = token().split('.');
    return `${segment({ alg: 'none' })}.${payload}.${signature}`;
  },
  'of an algorithm from another family': () => {
    const [, payload, signature] = token().split('.');
    return `${segment({ alg: 'RS256' })}.${payload}.${signature}`;
  },
  'with a payload that was changed': () => {
    const [header, , signature] = token().split('.');
    return `${header}.${segment({ sub: 'root', exp: now() + 600 })}.${signature}`;
  },
  'that is no token at all': () => 'hello',
  'with one segment too many': () => `${token()}.x`,
  'that is empty': () => '',
};

describe.each(WAYS)('identity, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });

  it.each(Object.entries(REFUSED))('answers 401 to a token %s', async (_, make) => {
    const answer = await ask(`${fixture.running.url}/accounts`, {
      headers: { Authorization: `Bearer ${make()}` },
    });

    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('answers 401 to a valid token that was sent twice', async () => {
    const field = `Authorization: Bearer ${token()}\r\n`;

    const answer = await sendRaw(
      fixture.running.port,
      `GET /accounts HTTP/1.1\r\nHost: gateway\r\n${field}${field}\r\n`,
    );

    expect(answer.status).toBe(401);
    expect(answer.values('www-authenticate')).toHaveLength(1);
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('answers 401 to credentials of another scheme', async () => {
    const answer = await fixture.ask('/accounts', { headers: { Authorization: 'Basic YWxpY2U6cHc=' } });

    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it.each(['bearer', 'BEARER', 'BeArEr'])('takes the scheme spelled %s', async (scheme) => {
    const answer = await fixture.ask('/accounts', { headers: { Authorization: `${scheme} ${token()}` } });

    expect(answer.status).toBe(200);
  });

  it('keeps refusing a token that has expired since it was first seen valid', async () => {
    const brief = bearer({ exp: now() - 4, jti: way });
    const late = bearer({ exp: now() - 6, jti: way });

    const within = await fixture.ask('/accounts', { headers: brief });
    const beyond = await fixture.ask('/accounts', { headers: late });

    expect(within.status).toBe(200);
    expect(beyond.status).toBe(401);
  });

  it('asks nobody for a credential on a public route, and does not look at one that is sent', async () => {
    const without = await ask(`${fixture.running.url}/accounts/price-list`);
    const withWrong = await fixture.ask('/accounts/price-list', {
      headers: { Authorization: 'Bearer hello' },
    });

    expect(without.status).toBe(200);
    expect(withWrong.status).toBe(200);
  });

  it('answers 403 and names the scopes when one of them is missing', async () => {
    const answer = await fixture.ask('/accounts/reports', { headers: bearer({ scope: 'reports:read' }) });

    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect(answer.headers['www-authenticate']).toContain('scope="reports:read reports:all"');
    expect(answer.json()).toMatchObject({ code: 'forbidden' });
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('lets a caller with every scope through', async () => {
    const answer = await fixture.ask('/accounts/reports', {
      headers: bearer({ scope: 'other reports:all reports:read' }),
    });

    expect(answer.status).toBe(200);
  });

  it('asks for one of several scopes and a role where both are declared', async () => {
    const scopeOnly = await fixture.ask('/accounts/audits', { headers: bearer({ scope: 'audits:read' }) });
    const roleOnly = await fixture.ask('/accounts/audits', { headers: bearer({ roles: ['auditor'] }) });
    const both = await fixture.ask('/accounts/audits', {
      headers: bearer({ scope: 'audits:admin', roles: ['auditor'] }),
    });

    expect([scopeOnly.status, roleOnly.status, both.status]).toEqual([403, 403, 200]);
  });

  it("gives a team's rule the same on an ordinary controller", async () => {
    const own = await fixture.ask('/me/notes/al%20ice', { headers: bearer({ sub: 'al ice' }) });
    const other = await fixture.ask('/me/notes/bob', { headers: bearer({ sub: 'alice' }) });

    expect([own.status, other.status]).toEqual([200, 403]);
    expect(other.json()).toMatchObject({ policy: 'authorize', reason: 'rule-refused' });
  });

  it("gives a team's rule the verified claims and the path", async () => {
    const own = await fixture.ask('/accounts/own/alice', { headers: bearer({ sub: 'alice' }) });
    const other = await fixture.ask('/accounts/own/bob', { headers: bearer({ sub: 'alice' }) });

    expect([own.status, other.status]).toEqual([200, 403]);
  });

  it("gives a team's guard the principal as req.user", async () => {
    const north = await fixture.ask('/accounts/tenant', { headers: bearer({ tenant: 'north' }) });
    const south = await fixture.ask('/accounts/tenant', { headers: bearer({ tenant: 'south' }) });
    const nobody = await ask(`${fixture.running.url}/accounts/tenant`);

    expect([north.status, south.status, nobody.status]).toEqual([200, 403, 401]);
  });

  it('takes JwtAuthGuard as a word for the same policy on a proxy route', async () => {
    const refused = await ask(`${fixture.running.url}/accounts/guarded`);
    const admitted = await fixture.ask('/accounts/guarded');

    expect([refused.status, admitted.status]).toEqual([401, 200]);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
  });

  it('guards an ordinary controller with JwtAuthGuard', async () => {
    const refused = await ask(`${fixture.running.url}/me`);
    const admitted = await fixture.ask('/me', { headers: bearer({ sub: 'carol' }) });

    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(admitted.json()).toEqual({ subject: 'carol' });
  });

  it('never lets a token reach the log', async () => {
    const signed = token({ jti: `secret-${way}` });

    await fixture.ask('/accounts', { headers: { Authorization: `Bearer ${signed}` } });
    const refused = await fixture.ask('/accounts', { headers: { Authorization: `Bearer ${signed}x` } });

    expect(refused.status).toBe(401);
    expect(JSON.stringify(fixture.running.lines())).not.toContain(signed.split('.')[1]);
  });
});

describe.each(WAYS)('identity by a public key, issuer and audience, %s', (way) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-key-'));
  const file = join(folder, 'public.pem');
  writeFileSync(file, pem);
  const fixture = gatewayOf(AppModule, {
    way,
    environment: {
      JWT_SECRET: undefined,
      JWT_PUBLIC_KEY_FILE: file,
      JWT_ISSUER: 'https://issuer.test',
      JWT_AUDIENCE: 'shop,depot',
    },
  });
  const sound = { sub: 'alice', exp: now() + 600, iss: 'https://issuer.test', aud: 'shop' };

  function signed(claims: object, alg = 'RS256'): string {
    const input = `${segment({ alg })}.${segment(claims)}`;
    const signature =
      alg === 'RS256'
        ? sign('sha256', Buffer.from(input), privateKey)
        : createHmac('sha256', pem).update(input).digest();
    return `${input}.${signature.toString('base64url')}`;
  }

  const status = async (jwt: string): Promise<number> =>
    (await fixture.ask('/accounts', { headers: { Authorization: `Bearer ${jwt}` } })).status;

  it('admits a token of that issuer for one of the audiences', async () => {
    expect(await status(signed(sound))).toBe(200);
    expect(await status(signed({ ...sound, aud: ['other', 'depot'] }))).toBe(200);
  });

  it('answers 401 to another issuer, another audience, or none', async () => {
    const refused = [
      { ...sound, iss: 'https://other.test' },
      { ...sound, iss: undefined },
      { ...sound, aud: 'other' },
      { ...sound, aud: undefined },
    ];

    for (const claims of refused) expect(await status(signed(claims))).toBe(401);
  });

  it('answers 401 to a token whose shared secret is the public key', async () => {
    expect(await status(signed(sound, 'HS256'))).toBe(401);
  });

  afterAll(() => rmSync(folder, { recursive: true }));
});
