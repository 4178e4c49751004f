import { symlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.js';
import { ConfigError, type ConfigProblem } from '../../../src/contracts/config-problem.js';
import type { Environment } from '../../../src/contracts/environment.js';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { CertificateFiles } from '../../support/certificate.files.js';

const AUTHORITY = new CertificateAuthority();
const issue = (...names: string[]) => AUTHORITY.issue(names[0] ?? 'nobody', { names });
const files = new CertificateFiles();
const { certFile, keyFile } = files.put('gateway', issue('gateway.example', '127.0.0.1'));
const PAIR = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };

afterAll(() => files.remove());

const tlsOf = (environment: Environment) => {
  const { tls } = loadSettings(environment);
  if (tls === undefined) throw new Error('no TLS');
  return tls;
};

function problemsOf(environment: Environment): readonly ConfigProblem[] {
  try {
    loadSettings(environment);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

describe('the settings of the TLS port', () => {
  it('are none without a certificate', () => {
    expect(loadSettings({}).tls).toBeUndefined();
  });

  it('are 8443, TLS 1.2 and no client certificates with nothing but a pair', () => {
    expect(tlsOf(PAIR)).toMatchObject({
      port: 8443,
      minVersion: 'TLSv1.2',
      clientAuth: undefined,
      redirect: undefined,
      strictTransport: undefined,
      certificates: { fallback: { source: certFile, names: ['gateway.example', '127.0.0.1'] }, named: [] },
    });
  });

  it('never print the key', () => {
    const settings = loadSettings(PAIR);

    expect(JSON.stringify(settings)).not.toContain('PRIVATE');
  });

  it.each([
    [{ HSTS_MAX_AGE_SECONDS: '60' }, 'max-age=60'],
    [{ HSTS_MAX_AGE_SECONDS: '0' }, 'max-age=0'],
    [{ HSTS_MAX_AGE_SECONDS: '60', HSTS_INCLUDE_SUBDOMAINS: 'on' }, 'max-age=60; includeSubDomains'],
    [
      { HSTS_MAX_AGE_SECONDS: '31536000', HSTS_INCLUDE_SUBDOMAINS: 'on', HSTS_PRELOAD: 'on' },
      'max-age=31536000; includeSubDomains; preload',
    ],
  ])('say Strict-Transport-Security as it will be sent: %j', (environment, value) => {
    expect(tlsOf({ ...PAIR, ...environment }).strictTransport).toBe(value);
  });

  it.each([
    ['on', 308],
    ['301', 301],
    ['307', 307],
  ])('redirect with the status that HTTPS_REDIRECT=%s names', (given, status) => {
    expect(tlsOf({ ...PAIR, HTTPS_REDIRECT: given }).redirect).toEqual({ status, port: undefined });
  });
});

describe('the certificates of a directory', () => {
  const many = new CertificateFiles();
  many.put('b', issue('b.example'));
  const both = issue('a.example');
  many.write('a.pem', both.cert + both.key);
  const mounted = issue('mounted.example');
  many.write('..data/x', '');
  many.write('mounted/..1/tls.crt', mounted.cert);
  many.write('mounted/..1/tls.key', mounted.key);
  many.write('mounted/ca.crt', AUTHORITY.cert);
  symlinkSync('..1/tls.crt', many.at('mounted/tls.crt'));
  symlinkSync('..1/tls.key', many.at('mounted/tls.key'));
  many.write('ca.crt', AUTHORITY.cert);
  many.write('README', 'nothing for a gateway');

  afterAll(() => many.remove());

  it('are pairs, files that hold both, and folders as Kubernetes mounts them', () => {
    const { certificates } = tlsOf({ TLS_CERT_DIR: many.path });

    expect(certificates.named.map(({ names }) => names)).toEqual([
      ['a.example'],
      ['b.example'],
      ['mounted.example'],
    ]);
    expect(certificates.fallback.names).toEqual(['a.example']);
  });

  it('have the one called default for other names', () => {
    many.put('default', issue('default.example'));

    const { certificates } = tlsOf({ TLS_CERT_DIR: many.path });

    expect(certificates.fallback.names).toEqual(['default.example']);
  });
});

describe('TLS settings that cannot be used', () => {
  const bad = new CertificateFiles();
  afterAll(() => bad.remove());
  const pair = issue('one.example');
  const other = bad.put('other', issue('other.example'));
  const nameless = bad.put('nameless', AUTHORITY.issue('nobody'));
  bad.put('shared/one', pair);
  bad.put('shared/two', issue('two.example', 'one.example'));
  bad.write('alone/x.crt', pair.cert);
  bad.write('empty/.keep', '');

  it.each<[string, Environment, string, RegExp]>([
    ['a missing key', { TLS_CERT_FILE: certFile }, 'TLS_KEY_FILE', /is missing/],
    ['a missing certificate', { TLS_KEY_FILE: keyFile }, 'TLS_CERT_FILE', /is missing/],
    [
      'an unreadable file',
      { ...PAIR, TLS_CERT_FILE: '/nowhere.crt' },
      'TLS_CERT_FILE',
      /nowhere\.crt cannot be read \(ENOENT\)/,
    ],
    ['another’s key', { ...PAIR, TLS_KEY_FILE: other.keyFile }, 'TLS_CERT_FILE', /is not the key of/],
    ['no certificate', { ...PAIR, TLS_CERT_FILE: keyFile }, 'TLS_CERT_FILE', /does not hold certificates/],
    ['no key', { ...PAIR, TLS_KEY_FILE: certFile }, 'TLS_CERT_FILE', /no usable private key/],
    [
      'a certificate for nobody',
      { TLS_CERT_FILE: nameless.certFile, TLS_KEY_FILE: nameless.keyFile },
      'TLS_CERT_FILE',
      /is for nobody/,
    ],
    [
      'a directory that is not there',
      { ...PAIR, TLS_CERT_DIR: '/nowhere' },
      'TLS_CERT_DIR',
      /cannot be read \(ENOENT\)/,
    ],
    [
      'an empty directory',
      { ...PAIR, TLS_CERT_DIR: bad.at('empty') },
      'TLS_CERT_DIR',
      /holds no certificate/,
    ],
    ['half a pair', { ...PAIR, TLS_CERT_DIR: bad.at('alone') }, 'TLS_CERT_DIR', /x\.key cannot be read/],
    [
      'one name twice',
      { ...PAIR, TLS_CERT_DIR: bad.at('shared') },
      'TLS_CERT_DIR',
      /two\.crt is for one\.example, as .*one\.crt is/,
    ],
    [
      'authorities that are none',
      { ...PAIR, TLS_CLIENT_CA_FILE: certFile },
      'TLS_CLIENT_CA_FILE',
      /no authority's/,
    ],
    [
      'a preload without a year',
      { ...PAIR, HSTS_MAX_AGE_SECONDS: '60', HSTS_PRELOAD: 'on' },
      'HSTS_PRELOAD',
      /31536000 or more/,
    ],
    ['one port for two', { ...PAIR, HTTPS_PORT: '8080' }, 'HTTPS_PORT', /as PORT is/],
  ])('are refused: %s', (_what, environment, where, message) => {
    const problems = problemsOf(environment);

    expect(problems).toEqual([{ where, message: expect.stringMatching(message) }]);
    expect(JSON.stringify(problems)).not.toContain('PRIVATE');
  });

  it.each<[Environment, string]>([
    [{ HTTPS_PORT: '8443' }, 'HTTPS_PORT'],
    [{ TLS_MIN_VERSION: '1.3' }, 'TLS_MIN_VERSION'],
    [{ HTTPS_REDIRECT: 'on' }, 'HTTPS_REDIRECT'],
    [{ TLS_CLIENT_CA_FILE: certFile }, 'TLS_CLIENT_CA_FILE'],
    [{ ...PAIR, TLS_CLIENT_AUTH: 'optional' }, 'TLS_CLIENT_AUTH'],
    [{ ...PAIR, HTTPS_REDIRECT_PORT: '443' }, 'HTTPS_REDIRECT_PORT'],
    [{ ...PAIR, HSTS_INCLUDE_SUBDOMAINS: 'on' }, 'HSTS_INCLUDE_SUBDOMAINS'],
  ])('are refused where they would have no effect: %j', (environment, where) => {
    expect(problemsOf(environment)).toEqual([{ where, message: expect.stringMatching(/has no effect/) }]);
  });
});
