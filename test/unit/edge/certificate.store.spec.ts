import { describe, expect, it } from 'vitest';
import { CertificateStore, hostName } from '../../../src/edge/tls/certificate.store.js';

const certificate = (source: string, ...names: string[]) => ({
  source,
  names,
  chain: '',
  key: { reveal: () => '' },
  expiresAt: 0,
});

function chooser(
  named: ReturnType<typeof certificate>[],
  fallback = certificate('fallback', 'fallback.example'),
) {
  const store = new CertificateStore({ fallback, named, clientCa: undefined }, {});
  return (host: string) => store.choose(hostName(host)).certificate.source;
}

describe('the certificate for a host', () => {
  it.each([
    ['api.example', 'exact'],
    ['API.EXAMPLE', 'exact'],
    ['api.example.', 'exact'],
    ['api.example:8443', 'exact'],
    ['other.example', 'wildcard'],
    ['a.b.example', 'fallback'],
    ['example', 'fallback'],
    ['.example', 'fallback'],
    ['fallback.example', 'fallback'],
    ['*.example', 'wildcard'],
    ['192.0.2.1', 'address'],
    ['192.0.2.1:443', 'address'],
    ['[2001:DB8::1]:443', 'address'],
    ['', 'fallback'],
  ])('%j is the one %s', (host, source) => {
    const choose = chooser([
      certificate('exact', 'api.example'),
      certificate('wildcard', '*.example'),
      certificate('address', '192.0.2.1', '2001:db8::1'),
    ]);

    expect(choose(host)).toBe(source);
  });

  it('is the one that was put there for it before the fallback, which may be one of them', () => {
    const shared = certificate('shared', 'fallback.example');
    const first = certificate('first', 'first.example');

    expect(chooser([shared])('fallback.example')).toBe('shared');
    expect(chooser([first, shared], first)('first.example')).toBe('first');
    expect(chooser([first, shared], first)('nobody.example')).toBe('first');
  });

  it('covers one label in place of a wildcard, and no more', () => {
    const store = new CertificateStore(
      { fallback: certificate('wildcard', '*.example', 'example'), named: [], clientCa: undefined },
      {},
    );

    const covered = ['a.example', 'example', 'a.b.example', 'notexample'].map((host) =>
      store.fallback.covers(host),
    );

    expect(covered).toEqual([true, true, false, false]);
  });
});
