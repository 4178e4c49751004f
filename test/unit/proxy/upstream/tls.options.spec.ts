import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TlsOptions } from '../../../../src/contracts/upstream-definition.js';
import { resolveTls } from '../../../../src/proxy/upstream/tls.options.js';
import { env } from '../../../../src/targets/env.js';
import { resolveTargets } from '../../../../src/targets/resolve-targets.js';
import { CertificateAuthority } from '../../../support/certificate.authority.js';

const authority = new CertificateAuthority();
const own = authority.issue('the-gateway');
const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 });

const FILES: Readonly<Record<string, string>> = {
  '/ca.pem': authority.cert,
  '/two.pem': `# both\n${authority.cert}${new CertificateAuthority('Another').cert}`,
  '/broken.pem': `${authority.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  '/cut.pem': authority.cert.slice(0, 200),
  '/own.pem': own.cert,
  '/own.key': own.key,
  '/other.key': authority.issue('another').key,
  '/locked.key': weak.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret-words',
  }) as string,
  '/text': 'hello',
};

const resolve = (tls: unknown, targets = 'https://users.test', environment: Record<string, string> = {}) =>
  resolveTls(
    'users',
    tls as TlsOptions,
    resolveTargets('users', targets, {}).targets,
    environment,
    (path) => {
      const text = FILES[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  );

const messages = (...given: Parameters<typeof resolve>): string[] =>
  resolve(...given).problems.map(({ where, message }) => `${where}: ${message}`);

describe('the tls options of an upstream', () => {
  it('have defaults for a target that asks for TLS', () => {
    const { settings } = resolve(undefined);

    expect(settings).toEqual({
      files: { caFile: undefined, certFile: undefined, keyFile: undefined },
      material: {},
      serverName: undefined,
      minVersion: 'TLSv1.2',
    });
  });

  it('are nothing without such a target', () => {
    expect(resolve(undefined, 'http://users.test')).toEqual({ settings: undefined, problems: [] });
  });

  it('hold what the files hold', () => {
    const { settings } = resolve(
      {
        caFile: '/two.pem',
        certFile: '/own.pem',
        keyFile: env('USERS_KEY_FILE'),
        serverName: 'stock.test',
        minVersion: 'TLSv1.3',
      },
      'https://users.test',
      { USERS_KEY_FILE: '/own.key' },
    );

    expect(settings).toMatchObject({
      files: { caFile: '/two.pem', certFile: '/own.pem', keyFile: '/own.key' },
      material: { ca: FILES['/two.pem'], cert: own.cert, key: own.key },
      serverName: 'stock.test',
      minVersion: 'TLSv1.3',
    });
  });

  it('may be given where only some targets ask for TLS', () => {
    expect(messages({ caFile: '/ca.pem' }, 'http://a.test,https://b.test')).toEqual([]);
  });

  it('are a mistake where no target asks for TLS', () => {
    expect(messages({ caFile: '/ca.pem' }, 'http://users.test')).toEqual([
      'users: tls has no effect, for no target starts with https://; make one do so, or leave tls out.',
    ]);
  });

  it.each([
    [{ caFiel: '/ca.pem' }, 'tls.caFiel is not an option; did you mean tls.caFile?'],
    [
      { rejectUnauthorized: false },
      'tls.rejectUnauthorized is not an option; there are caFile, certFile, keyFile, serverName, minVersion.',
    ],
    ['/ca.pem', 'tls is "/ca.pem"; must be an object of options.'],
    [{ caFile: 7 }, "tls.caFile is 7; must be a file's path or env('NAME')."],
    [{ caFile: '' }, `tls.caFile is ""; must be a file's path or env('NAME').`],
    [{ minVersion: 'TLSv1.1' }, 'tls.minVersion is "TLSv1.1"; must be "TLSv1.2" or "TLSv1.3".'],
    [
      { caFile: '/none.pem' },
      'tls.caFile is /none.pem, which cannot be read (ENOENT); mount it, or name the right file.',
    ],
    [
      { caFile: env('USERS_CA') },
      "tls.caFile is env('USERS_CA'), which is not set; set it to a file's path.",
    ],
    [{ certFile: '/own.pem' }, 'tls.certFile is given without tls.keyFile; give the key too, or neither.'],
    [
      { keyFile: '/own.key' },
      'tls.keyFile is given without tls.certFile; give the certificate too, or neither.',
    ],
    [
      { certFile: '/own.pem', keyFile: '/other.key' },
      'tls.keyFile is /other.key, which is not the key of the first certificate in tls.certFile (/own.pem); give the two that belong together.',
    ],
    [
      { certFile: '/own.pem', keyFile: '/locked.key' },
      'tls.keyFile is /locked.key, which holds no usable private key; must be PEM without a passphrase.',
    ],
    [
      { certFile: '/own.pem', keyFile: '/own.pem' },
      'tls.keyFile is /own.pem, which holds no usable private key; must be PEM without a passphrase.',
    ],
  ])('refuse %j', (tls, message) => {
    expect(messages(tls)).toEqual([`users: ${message}`]);
  });

  it.each(['/text', '/cut.pem', '/broken.pem', '/own.key'])('refuse %s for certificates', (path) => {
    expect(messages({ caFile: path })).toEqual([
      `users: tls.caFile is ${path}, which does not hold certificates; must be PEM, each between BEGIN CERTIFICATE and END CERTIFICATE.`,
    ]);
  });

  it.each([
    '127.0.0.1',
    '::1',
    'users.test.',
    'Users.test',
    'users_1.test',
    'users\u0000.test',
    'users\u3002test',
    '*.test',
    '',
    7,
  ])('refuse %j for a serverName', (serverName) => {
    expect(messages({ serverName })[0]).toContain('must be a host name of lower-case ASCII letters');
  });

  it('list every mistake at once, and nothing that stands in a file', () => {
    const problems = messages({ caFile: '/text', certFile: '/none.pem', keyFile: '/locked.key' });

    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toMatch(/hello|BEGIN ENCRYPTED/);
  });
});
