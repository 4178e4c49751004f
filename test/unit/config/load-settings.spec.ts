import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.js';
import { ConfigError, type ConfigProblem } from '../../../src/contracts/config-problem.js';

const SECRET = 'a-secret-of-at-least-thirty-two-bytes';

function problemsOf(
  environment: Record<string, string>,
  files: Record<string, string> = {},
): ConfigProblem[] {
  try {
    loadSettings(environment, reader(files));
  } catch (error) {
    if (error instanceof ConfigError) return [...error.problems];
    throw error;
  }
  return [];
}

function reader(files: Record<string, string>): (path: string) => string {
  return (path) => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return content;
  };
}

const publicPem = (type: 'rsa' | 'ed25519', bits = 2048): string =>
  (type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: bits })
    : generateKeyPairSync('ed25519')
  ).publicKey
    .export({ type: 'spki', format: 'pem' })
    .toString();

describe('settings', () => {
  it('are complete and safe with an empty environment', () => {
    const settings = loadSettings({});

    expect(settings).toEqual({
      traffic: {
        host: '0.0.0.0',
        port: 8080,
        healthPath: '/health',
        trustedProxies: undefined,
        proxyProtocol: false,
        http2: true,
      },
      admin: { host: '127.0.0.1', port: 9901, token: undefined },
      jwt: {
        key: undefined,
        issuer: undefined,
        audience: undefined,
        algorithms: undefined,
        clockSkewSeconds: 5,
        refreshMs: 300_000,
        staleMs: 3_600_000,
      },
      consumers: {
        file: undefined,
        apiKeys: undefined,
        apiKeyStore: 'memory',
        apiKeyCacheMs: 10_000,
        apiKeyStaleMs: 60_000,
      },
      upstreams: { hosts: undefined },
      redis: undefined,
      limits: {
        bodyLimitBytes: 10 * 1024 * 1024,
        bodyMinBytesPerSecond: 240,
        bodyGraceMs: 5000,
        maxHeaderBytes: 16_384,
        maxHeaderCount: 100,
        maxUrlBytes: 8192,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 300_000,
        writeTimeoutMs: 60_000,
        keepAliveTimeoutMs: 75_000,
        maxConcurrentStreams: 100,
        maxConnections: 0,
        maxConnectionsPerAddress: 0,
        upstream: {
          maxHeaderBytes: 65_536,
          maxHeaderCount: 256,
          maxInformational: 16,
          maxChunkExtensionBytes: 16_384,
        },
      },
      drain: { delayMs: 5000, totalMs: 25_000 },
      log: { level: 'info', accessLog: 'stdout' },
      compile: 'auto',
    });
  });

  it('are frozen to the last field', () => {
    const settings = loadSettings({ JWT_ALGORITHMS: 'HS256', JWT_SECRET: SECRET });

    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.limits)).toBe(true);
    expect(Object.isFrozen(settings.jwt.algorithms)).toBe(true);
  });

  it('take a blank variable for an absent one', () => {
    const settings = loadSettings({ PORT: '', JWT_ISSUER: '', WORKERS: '' });

    expect(settings.traffic.port).toBe(8080);
    expect(settings.jwt.issuer).toBeUndefined();
  });

  it('name every problem at once, each with what was found and what is allowed', () => {
    const problems = problemsOf({
      PORT: '80800',
      ADMIN_HOST: 'not a host',
      HEALTH_PATH: '/a/../b',
      TRUSTED_PROXIES: '10.0.0.0/33',
      LOG_LEVEL: 'loud',
      ACCESS_LOG: 'true',
      DRAIN_MS: '-1',
      JWT_ALGORITHMS: 'none',
    });

    expect(problems.map((problem) => problem.where)).toEqual([
      'PORT',
      'HEALTH_PATH',
      'TRUSTED_PROXIES',
      'ADMIN_HOST',
      'JWT_ALGORITHMS',
      'DRAIN_MS',
      'LOG_LEVEL',
      'ACCESS_LOG',
    ]);
    expect(problems[0]?.message).toBe('is "80800"; must be a whole number, 0–65535 (0 takes any free port).');
  });

  it.each([
    ['PORT', '8080 '],
    ['PORT', '8e3'],
    ['PORT', '0x50'],
    ['HOST', '999.1.1.1'],
    ['HEALTH_PATH', 'health'],
    ['HEALTH_PATH', '/health/'],
    ['HEALTH_PATH', '/'],
    ['JWT_JWKS_URI', 'http://issuer.example/keys'],
    ['JWT_JWKS_URI', 'https://user:pass@issuer.example/keys'],
    ['TRUSTED_PROXIES', '10.0.0.1,,10.0.0.2'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['TRUSTED_PROXIES', 'fe80::1%eth0'],
    ['PROXY_PROTOCOL', 'v2'],
    ['PORTCULLIS_COMPILE', 'on'],
  ])('refuse %s=%s', (name, value) => {
    const problems = problemsOf({ [name]: value, JWT_AUDIENCE: 'any' });

    expect(problems.map((problem) => problem.where)).toEqual([name]);
  });

  it('match trusted proxies by address and range in both families', () => {
    const { trustedProxies } = loadSettings({ TRUSTED_PROXIES: '10.0.0.0/8, 192.168.1.7, fd00::/8' }).traffic;

    expect(trustedProxies?.check('10.200.0.1', 'ipv4')).toBe(true);
    expect(trustedProxies?.check('192.168.1.7', 'ipv4')).toBe(true);
    expect(trustedProxies?.check('192.168.1.8', 'ipv4')).toBe(false);
    expect(trustedProxies?.check('fd12::1', 'ipv6')).toBe(true);
  });
});

describe('secrets', () => {
  it('are read from the file that NAME_FILE names, without the last line break', () => {
    const settings = loadSettings(
      { JWT_SECRET_FILE: '/run/jwt', ADMIN_TOKEN_FILE: '/run/admin' },
      reader({ '/run/jwt': `${SECRET}\n`, '/run/admin': 'sixteen-or-more-bytes\r\n' }),
    );

    expect(settings.jwt.key?.kind === 'secret' && settings.jwt.key.secret.reveal()).toBe(SECRET);
    expect(settings.admin.token?.reveal()).toBe('sixteen-or-more-bytes');
  });

  it.each([
    ['both ways at once', { JWT_SECRET: SECRET, JWT_SECRET_FILE: '/run/jwt' }, 'JWT_SECRET'],
    ['an unreadable file', { JWT_SECRET_FILE: '/nowhere' }, 'JWT_SECRET_FILE'],
    ['an empty file', { JWT_SECRET_FILE: '/run/empty' }, 'JWT_SECRET_FILE'],
    ['an empty path', { JWT_SECRET_FILE: '' }, 'JWT_SECRET_FILE'],
    ['an empty value', { JWT_SECRET: '' }, 'JWT_SECRET'],
    ['a short one', { JWT_SECRET: 'canary-too-short' }, 'JWT_SECRET'],
    ['a short token', { ADMIN_TOKEN: 'canary' }, 'ADMIN_TOKEN'],
  ])('refuse %s and never print a value', (_what, environment, where) => {
    const problems = problemsOf(environment, { '/run/jwt': SECRET, '/run/empty': '\n' });

    expect(problems.map((problem) => problem.where)).toEqual([where]);
    expect(JSON.stringify(problems)).not.toMatch(/canary|a-secret/);
  });

  it('stay hidden when the settings are printed or serialised', () => {
    const settings = loadSettings({ JWT_SECRET: SECRET, ADMIN_TOKEN: 'canary-token-of-the-admin' });

    const printed = inspect(settings, { depth: 9, showHidden: true }) + JSON.stringify(settings);

    expect(printed).toContain('[secret]');
    expect(printed).not.toMatch(/canary|a-secret/);
    expect(String(settings.admin.token)).toBe('[secret]');
  });
});

describe('rules between variables', () => {
  it('want at most one kind of key', () => {
    const problems = problemsOf({
      JWT_SECRET: SECRET,
      JWT_JWKS_URI: 'https://issuer.example/keys',
      JWT_AUDIENCE: 'gateway',
    });

    expect(problems.map((problem) => problem.where)).toEqual(['JWT_SECRET, JWT_JWKS_URI']);
  });

  it('want an audience with public keys, or the word that none is meant', () => {
    const uri = 'https://issuer.example/keys';

    expect(problemsOf({ JWT_JWKS_URI: uri }).map((problem) => problem.where)).toEqual(['JWT_AUDIENCE']);
    expect(loadSettings({ JWT_JWKS_URI: uri, JWT_AUDIENCE: 'any' }).jwt.audience).toBe('any');
    expect(loadSettings({ JWT_JWKS_URI: uri, JWT_AUDIENCE: 'a, b' }).jwt.audience).toEqual(['a', 'b']);
    expect(problemsOf({ JWT_JWKS_URI: uri, JWT_AUDIENCE: 'any,b' })).toHaveLength(1);
  });

  it('want an issuer that can be asked for discovery, and no other key beside it', () => {
    const base = { JWT_DISCOVERY: 'on', JWT_AUDIENCE: 'any' };
    const issuer = 'https://issuer.example';

    expect(loadSettings({ ...base, JWT_ISSUER: issuer }).jwt.key).toEqual({ kind: 'discovery' });
    expect(problemsOf(base)).toEqual([
      {
        where: 'JWT_ISSUER',
        message:
          'is missing; with JWT_DISCOVERY it must be an https:// URL without credentials (http:// only for a loopback host).',
      },
    ]);
    expect(problemsOf({ ...base, JWT_ISSUER: 'my-issuer' }).map(({ where }) => where)).toEqual([
      'JWT_ISSUER',
    ]);
    expect(problemsOf({ ...base, JWT_ISSUER: issuer, JWT_SECRET: SECRET }).map(({ where }) => where)).toEqual(
      ['JWT_SECRET, JWT_DISCOVERY'],
    );
    expect(problemsOf({ JWT_DISCOVERY: 'on', JWT_ISSUER: issuer }).map(({ where }) => where)).toEqual([
      'JWT_AUDIENCE',
    ]);
    expect(
      problemsOf({ ...base, JWT_ISSUER: issuer, JWT_ALGORITHMS: 'HS256' }).map(({ where }) => where),
    ).toEqual(['JWT_ALGORITHMS']);
  });

  it('want keys that are refreshed before they are too old', () => {
    expect(problemsOf({ JWT_JWKS_REFRESH_MS: '60000', JWT_JWKS_STALE_MS: '60000' })).toEqual([
      {
        where: 'JWT_JWKS_STALE_MS',
        message: 'is 60000; must be more than JWT_JWKS_REFRESH_MS, which is 60000.',
      },
    ]);
  });

  it('want a public key file that holds a public key of enough bits', () => {
    const privatePem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    const files = {
      '/good.pem': publicPem('rsa'),
      '/weak.pem': publicPem('rsa', 1024),
      '/private.pem': privatePem.toString(),
      '/text.pem': 'no key',
    };
    const withFile = (path: string) => problemsOf({ JWT_PUBLIC_KEY_FILE: path, JWT_AUDIENCE: 'any' }, files);

    expect(withFile('/good.pem')).toEqual([]);
    for (const path of ['/weak.pem', '/private.pem', '/text.pem', '/nowhere.pem']) {
      expect(withFile(path).map((problem) => problem.where)).toEqual(['JWT_PUBLIC_KEY_FILE']);
    }
  });

  it('want algorithms of the key’s own family and never a mix', () => {
    const files = { '/rsa.pem': publicPem('rsa'), '/ed.pem': publicPem('ed25519') };
    const given = (environment: Record<string, string>) =>
      problemsOf({ JWT_AUDIENCE: 'any', ...environment }, files).map((problem) => problem.where);

    expect(given({ JWT_SECRET: SECRET, JWT_ALGORITHMS: 'HS256,HS512' })).toEqual([]);
    expect(given({ JWT_PUBLIC_KEY_FILE: '/rsa.pem', JWT_ALGORITHMS: 'RS256,PS256' })).toEqual([]);
    expect(given({ JWT_PUBLIC_KEY_FILE: '/ed.pem', JWT_ALGORITHMS: 'EdDSA' })).toEqual([]);
    expect(given({ JWT_SECRET: SECRET, JWT_ALGORITHMS: 'RS256' })).toEqual(['JWT_ALGORITHMS']);
    expect(given({ JWT_PUBLIC_KEY_FILE: '/rsa.pem', JWT_ALGORITHMS: 'HS256' })).toEqual(['JWT_ALGORITHMS']);
    expect(given({ JWT_PUBLIC_KEY_FILE: '/ed.pem', JWT_ALGORITHMS: 'ES256' })).toEqual(['JWT_ALGORITHMS']);
    expect(given({ JWT_ALGORITHMS: 'HS256,RS256' })).toEqual(['JWT_ALGORITHMS']);
  });

  it('let PROXY headers be expected only where somebody is trusted to send them', () => {
    const alone = problemsOf({ PROXY_PROTOCOL: 'on', TRUSTED_PROXIES: '' });
    const settings = loadSettings({ PROXY_PROTOCOL: 'on', TRUSTED_PROXIES: '10.0.0.0/8' });

    expect(alone).toEqual([
      {
        where: 'PROXY_PROTOCOL',
        message:
          'is on, but nobody is trusted to send the header; set TRUSTED_PROXIES to the proxies that do.',
      },
    ]);
    expect(settings.traffic.proxyProtocol).toBe(true);
  });

  it('want a token on an admin port that others can reach', () => {
    expect(problemsOf({ ADMIN_HOST: '0.0.0.0' }).map((problem) => problem.where)).toEqual(['ADMIN_HOST']);
    expect(problemsOf({ ADMIN_HOST: '0.0.0.0', ADMIN_TOKEN: 'sixteen-or-more-bytes' })).toEqual([]);
    for (const host of ['localhost', '127.8.0.1', '::1'])
      expect(problemsOf({ ADMIN_HOST: host })).toEqual([]);
  });

  it('want two different ports, and clocks and sizes that contain each other', () => {
    const problems = problemsOf({
      PORT: '9000',
      ADMIN_PORT: '9000',
      DRAIN_DELAY_MS: '30000',
      MAX_URL_BYTES: '20000',
      HEADERS_TIMEOUT_MS: '400000',
    });

    expect(problems.map((problem) => problem.where)).toEqual([
      'ADMIN_PORT',
      'DRAIN_DELAY_MS',
      'MAX_URL_BYTES',
      'HEADERS_TIMEOUT_MS',
    ]);
    expect(problemsOf({ PORT: '0', ADMIN_PORT: '0', REQUEST_TIMEOUT_MS: '0' })).toEqual([]);
  });
});

describe('declarative files', () => {
  it('are named in one variable, and read to the letter of Kong where asked', () => {
    expect(loadSettings({}).declarative).toBeUndefined();
    expect(loadSettings({ GATEWAY_CONFIG: 'a.yml, b', GATEWAY_CONFIG_STRICT: 'on' }).declarative).toEqual({
      files: ['a.yml', 'b'],
      strict: true,
      refuseOpen: false,
    });
    expect(
      loadSettings({ GATEWAY_CONFIG: 'a.yml', GATEWAY_CONFIG_OPEN_ROUTES: 'refuse' }).declarative?.refuseOpen,
    ).toBe(true);
  });
});

describe('variables that would have no effect', () => {
  it('are refused when they belong to a later version', () => {
    const problems = problemsOf({ WORKERS: '2' });

    expect(problems.map((problem) => problem.where)).toEqual(['WORKERS']);
    expect(problems.at(-1)?.message).toContain('not part of this version');
    expect(problemsOf({ WORKERS: '1' })).toEqual([]);
  });

  it.each([
    ['JWT_AUDIANCE', 'JWT_AUDIENCE'],
    ['JWT_SECERT', 'JWT_SECRET'],
    ['ADMIN_PROT', 'ADMIN_PORT'],
    ['DRAIN_DELAY', 'DRAIN_DELAY_MS'],
    ['JWT_PUBLIC_KEY', 'JWT_PUBLIC_KEY_FILE'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['PORTCULLIS_COMPILED', 'PORTCULLIS_COMPILE'],
    ['ADMIN_TOKEN_FLIE', 'ADMIN_TOKEN_FILE'],
  ])('are refused when misspelled: %s for %s', (given, meant) => {
    const problems = problemsOf({ [given]: 'x' });

    expect(problems).toEqual([
      { where: given, message: `is no variable of the gateway; did you mean ${meant}?` },
    ]);
  });

  it.each([
    'PORTCULLIS_SERVICE_HOST',
    'PORTCULLIS_PORT',
    'PORTCULLIS_PORT_8080_TCP_ADDR',
    'JWT_EXPIRES_IN',
    'ADMIN_EMAIL',
    'PATH',
    'MAX_CONNECTION',
  ])('are left alone when they may be somebody else’s: %s', (name) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([]);
  });
});

describe('the key that signs tokens of the gateway', () => {
  const privatePem = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const KEY = { IDENTITY_KEY_FILE: '/keys/identity.pem', IDENTITY_ISSUER: 'https://gateway.test' };

  it('is read with its issuer, and not printed', () => {
    const { identity } = loadSettings(KEY, reader({ '/keys/identity.pem': privatePem }));

    expect(identity).toMatchObject({
      issuer: 'https://gateway.test',
      jwksPath: '/.well-known/portcullis/jwks.json',
      overlapSeconds: 3600,
    });
    expect(identity?.key.reveal()).toBe(privatePem);
    expect(inspect(identity, { depth: 9 })).not.toContain('PRIVATE');
  });

  it.each<[string, Record<string, string>, string]>([
    ['IDENTITY_ISSUER: is missing', { IDENTITY_KEY_FILE: KEY.IDENTITY_KEY_FILE }, privatePem],
    ['IDENTITY_ISSUER: has no effect', { IDENTITY_ISSUER: 'https://gateway.test' }, privatePem],
    ['IDENTITY_KEY_FILE: /keys/identity.pem holds no private key', KEY, publicPem('ed25519')],
    [
      'IDENTITY_KEY_FILE: /keys/other.pem cannot be read',
      { ...KEY, IDENTITY_KEY_FILE: '/keys/other.pem' },
      '',
    ],
    ['IDENTITY_JWKS_PATH: is /health/ready', { ...KEY, IDENTITY_JWKS_PATH: '/health/ready' }, privatePem],
    ['IDENTITY_JWKS_PATH: is "keys"', { ...KEY, IDENTITY_JWKS_PATH: 'keys' }, privatePem],
    ['IDENTITY_KEY_FIL: is no variable', { ...KEY, IDENTITY_KEY_FIL: '/x' }, privatePem],
  ])('is refused where %s', (said, environment, text) => {
    const problems = problemsOf(environment, { '/keys/identity.pem': text });

    expect(problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      expect.stringContaining(said),
    ]);
  });
});

describe('the server that is asked about tokens', () => {
  const url = 'https://auth.example.com/introspect';
  const all = {
    INTROSPECTION_URL: url,
    INTROSPECTION_CLIENT_ID: 'gateway',
    INTROSPECTION_CLIENT_SECRET: 'canary',
  };

  it('has an address, a client and its password, which is never shown', () => {
    const { introspection } = loadSettings(all);

    expect(introspection).toMatchObject({ url, clientId: 'gateway' });
    expect(introspection?.clientSecret.reveal()).toBe('canary');
    expect(inspect(introspection, { showHidden: true }) + JSON.stringify(introspection)).not.toContain(
      'canary',
    );
    const { INTROSPECTION_CLIENT_SECRET: _, ...rest } = all;
    const fromFile = loadSettings(
      { ...rest, INTROSPECTION_CLIENT_SECRET_FILE: '/s' },
      reader({ '/s': 'filed' }),
    );
    expect(fromFile.introspection?.clientSecret.reveal()).toBe('filed');
  });

  it('is not there without any of the three, and refused with some of them', () => {
    expect(loadSettings({}).introspection).toBeUndefined();
    expect(problemsOf({ INTROSPECTION_URL: url })).toEqual([
      { where: 'INTROSPECTION_CLIENT_ID', message: 'is missing; INTROSPECTION_URL cannot do without.' },
      { where: 'INTROSPECTION_CLIENT_SECRET', message: 'is missing; INTROSPECTION_URL cannot do without.' },
    ]);
    expect(problemsOf({ ...all, INTROSPECTION_URL: 'http://auth.example.com' })).toHaveLength(1);
  });
});
