import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { All, Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import {
  Authenticate,
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
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SecretFilesWatcher } from '../../src/config/secret-files.watcher.js';
import { ask, type RunningGateway, startGateway } from '../support/gateway.harness.js';
import { RawClient } from '../support/raw.client.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { SecretVolume } from '../support/secret.volume.js';
import { token } from '../support/tokens.js';

const [FIRST, SECOND, THIRD, OWN] = ['first', 'second', 'third', 'own'].map(
  (name) => `the-${name}-secret-of-thirty-two-bytes-or-more`,
) as [string, string, string, string];

/** How long the token of a removed key may still be accepted, with what the look itself takes. */
const WITHIN = { timeout: 2_000, interval: 20 };

const USERS = defineUpstream('user-service', { targets: env('UPSTREAM_URL') });

@ProxyController(USERS, 'users')
class UsersController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get('own-key')
  @Authenticate(jwt({ secret: OWN }))
  ownKey(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }

  @All('*path')
  rest(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Controller('me')
class MeController {
  @Get()
  @UseGuards(JwtAuthGuard, AuthorizeGuard)
  @RequireScope('me:read')
  me(@Req() req: { user?: Principal }) {
    return { subject: req.user?.subject };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(USERS)],
  controllers: [UsersController, MeController],
})
class AppModule {}

/** A gateway whose secrets are the files of a volume. */
class Rotating {
  readonly volume: SecretVolume;
  upstream!: RecordingUpstream;
  running!: RunningGateway;

  constructor(files: Readonly<Record<string, string>>) {
    this.volume = new SecretVolume(files);
  }

  async start(environment: Readonly<Record<string, string>>): Promise<void> {
    this.upstream = await RecordingUpstream.start();
    this.running = await startGateway(AppModule, {
      environment: { JWT_SECRET: undefined, UPSTREAM_URL: this.upstream.url, ...environment },
    });
  }

  async stop(): Promise<void> {
    await this.running.close();
    await this.upstream.close();
    this.volume.remove();
  }

  /** The answer's status for a token. */
  async status(text: string, path = '/users/1'): Promise<number> {
    const headers = { Authorization: `Bearer ${text}` };
    return (await ask(this.running.url + path, { headers })).status;
  }

  async adminStatus(text: string): Promise<number> {
    const headers = { Authorization: `Bearer ${text}` };
    return (await ask(`${this.running.adminUrl}/routes`, { headers })).status;
  }

  events(name: string): readonly unknown[] {
    return this.running.lines().filter(({ event }) => event === name);
  }

  /** Waits until so many events of a name were logged. */
  async logged(name: string, count: number): Promise<void> {
    await expect.poll(() => this.events(name).length, { timeout: 5_000, interval: 20 }).toBe(count);
  }
}

const textsOf = (secret: string): string => token({ scope: 'me:read' }, secret);

describe('a shared secret whose volume is swapped', () => {
  const gateway = new Rotating({ jwt: `${FIRST}\n`, admin: 'first-admin-token' });
  beforeAll(() =>
    gateway.start({
      JWT_SECRET_FILE: gateway.volume.path('jwt'),
      ADMIN_TOKEN_FILE: gateway.volume.path('admin'),
    }),
  );
  afterAll(() => gateway.stop());

  it('refuses tokens of the old key within two seconds, on a connection that just used one, and takes the new', async () => {
    const old = textsOf(FIRST);
    const client = new RawClient(gateway.running.port);
    const onConnection = async (): Promise<number> => {
      client.send(`GET /users/1 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${old}\r\n\r\n`);
      return (await client.answer()).status;
    };
    const before = [await onConnection(), await onConnection(), await gateway.status(old, '/me')];

    gateway.volume.swap({ jwt: `${SECOND}\n`, admin: 'first-admin-token' });
    await expect.poll(onConnection, WITHIN).toBe(401);

    expect(before).toEqual([200, 200, 200]);
    expect(await gateway.status(old)).toBe(401);
    expect(await gateway.status(old, '/me')).toBe(401);
    expect(await gateway.status(textsOf(SECOND))).toBe(200);
    expect(await gateway.status(textsOf(SECOND), '/me')).toBe(200);
    await gateway.logged('secret.reloaded', 1);
    expect(gateway.events('secret.reloaded')).toMatchObject([{ level: 'info', variable: 'JWT_SECRET_FILE' }]);
    client.close();
  });

  it('leaves a route with a key of its own alone', async () => {
    expect(await gateway.status(token({}, OWN), '/users/own-key')).toBe(200);
    expect(await gateway.status(token({}, SECOND), '/users/own-key')).toBe(401);
  });

  it('keeps the old secret while the new one is bad, says so once without its content, and heals', async () => {
    gateway.volume.swap({ jwt: 'canary-too-short', admin: 'first-admin-token' });
    await gateway.logged('secret.refused', 1);
    const meanwhile = await gateway.status(textsOf(SECOND));

    gateway.volume.swap({ jwt: THIRD, admin: 'first-admin-token' });
    await gateway.logged('secret.reloaded', 2);

    expect(meanwhile).toBe(200);
    expect(await gateway.status(textsOf(SECOND))).toBe(401);
    expect(await gateway.status(textsOf(THIRD))).toBe(200);
    expect(gateway.events('secret.refused')).toMatchObject([
      {
        level: 'error',
        variable: 'JWT_SECRET_FILE',
        reasons: ['JWT_SECRET: is not acceptable; must be at least 32 bytes.'],
      },
    ]);
    expect(JSON.stringify(gateway.running.lines())).not.toContain('canary');
  });

  it('refuses a secret that only the identity policy can judge', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

    gateway.volume.swap({ jwt: pem, admin: 'first-admin-token' });
    await gateway.logged('secret.refused', 2);

    expect(gateway.events('secret.refused')[1]).toMatchObject({
      reasons: [expect.stringContaining('holds a public or private key')],
    });
    expect(await gateway.status(textsOf(THIRD))).toBe(200);
  });

  it('goes for the token of the admin port too', async () => {
    const before = [
      await gateway.adminStatus('first-admin-token'),
      await gateway.adminStatus('second-admin-token'),
    ];

    gateway.volume.swap({ jwt: THIRD, admin: 'second-admin-token' });
    await expect.poll(() => gateway.adminStatus('first-admin-token'), WITHIN).toBe(401);

    expect(before).toEqual([200, 401]);
    expect(await gateway.adminStatus('second-admin-token')).toBe(200);
  });
});

describe('an application that shuts down', () => {
  it('looks no longer', async () => {
    const gateway = new Rotating({ jwt: FIRST });
    await gateway.start({ JWT_SECRET_FILE: gateway.volume.path('jwt') });
    const stop = vi.spyOn(SecretFilesWatcher.prototype, 'stop');

    await gateway.stop();

    expect(stop).toHaveBeenCalledOnce();
    stop.mockRestore();
  });
});

describe('a public key whose file is replaced', () => {
  const pairs = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'P-256' })] as const;
  const [ed, ec] = pairs;
  const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
  const gateway = new Rotating({ key: pem(ed.publicKey) });
  beforeAll(() => gateway.start({ JWT_PUBLIC_KEY_FILE: gateway.volume.path('key'), JWT_AUDIENCE: 'any' }));
  afterAll(() => gateway.stop());

  it('keeps the old key while only half of the new one is there', async () => {
    gateway.volume.swap({ key: pem(ec.publicKey).slice(0, 80) });
    await gateway.logged('secret.refused', 1);

    expect(await gateway.status(signed('EdDSA', ed.privateKey))).toBe(200);
  });

  it('verifies with the new one, of another family even, and no longer with the old', async () => {
    gateway.volume.swap({ key: pem(ec.publicKey) });
    await gateway.logged('secret.reloaded', 1);

    expect(await gateway.status(signed('ES256', ec.privateKey))).toBe(200);
    expect(await gateway.status(signed('EdDSA', ed.privateKey))).toBe(401);
  });
});

describe('a key set whose file is replaced', () => {
  const [ed, ec] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'P-256' })];
  const set = (...keys: readonly KeyObject[]): string =>
    JSON.stringify({ keys: keys.map((key) => key.export({ format: 'jwk' })) });
  const gateway = new Rotating({ keys: set(ed.publicKey, ec.publicKey) });
  beforeAll(() => gateway.start({ JWT_JWKS_FILE: gateway.volume.path('keys'), JWT_AUDIENCE: 'any' }));
  afterAll(() => gateway.stop());

  it('keeps every key while the new file is no key set, and refuses one that is gone', async () => {
    const [first, second] = [signed('EdDSA', ed.privateKey), signed('ES256', ec.privateKey)];
    gateway.volume.swap({ keys: '{"keys":[]}' });
    await gateway.logged('secret.refused', 1);
    const before = [await gateway.status(first), await gateway.status(second)];

    gateway.volume.swap({ keys: set(ec.publicKey) });
    await gateway.logged('secret.reloaded', 1);

    expect(before).toEqual([200, 200]);
    expect(await gateway.status(first)).toBe(401);
    expect(await gateway.status(second)).toBe(200);
  });
});

function signed(algorithm: 'EdDSA' | 'ES256', key: KeyObject): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'alice', exp: Math.floor(Date.now() / 1_000) + 600 };
  const input = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode(claims)}`;
  const signature =
    algorithm === 'EdDSA'
      ? sign(null, Buffer.from(input), key)
      : sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
