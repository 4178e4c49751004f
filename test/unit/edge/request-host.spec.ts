import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameHost, isSoundHost, RequestHosts } from '../../../src/edge/request-host.js';

describe('isSoundHost', () => {
  it.each([
    'gateway',
    'api.example.com',
    'api.example.com.',
    'API.Example.COM:8080',
    'user_service:3001',
    'a-b.c',
    'example.com:',
    'example.com:0',
    'example.com:65535',
    '127.0.0.1',
    '127.0.0.1:80',
    '[::1]',
    '[2001:db8::1]:443',
    '[::ffff:1.2.3.4]',
    '1a.2b',
  ])('takes %s', (value) => {
    expect(isSoundHost(value)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a port alone', ':80'],
    ['userinfo', 'user@host'],
    ['userinfo with a password', 'user:secret@host'],
    ['a path', 'host/path'],
    ['a slash alone', '/'],
    ['a query', 'host?x'],
    ['a fragment', 'host#x'],
    ['a scheme', 'http://host'],
    ['two hosts', 'one,two'],
    ['a blank', 'one two'],
    ['a tab', 'one\ttwo'],
    ['a backslash', 'one\\two'],
    ['an escape', 'ho%73t'],
    ['a letter beyond ASCII', 'caf\u00e9'],
    ['a byte that is no ASCII', 'a\u00ff'],
    ['a NUL', 'a\0'],
    ['a line break', 'host\n'],
    ['an empty label', 'a..b'],
    ['a leading dot', '.a'],
    ['a dot alone', '.'],
    ['a wildcard', '*.example.com'],
    ['a port that is no number', 'host:http'],
    ['a signed port', 'host:+80'],
    ['a port over the last', 'host:65536'],
    ['a port of many digits', 'host:000080'],
    ['two ports', 'host:80:80'],
    ['an IPv6 address without brackets', '::1'],
    ['brackets without an address', '[]'],
    ['brackets that do not close', '[::1'],
    ['something behind the brackets', '[::1]x'],
    ['an IPv6 address that is none', '[::1::2]'],
    ['an IPv6 address of too many groups', '[1:2:3:4:5:6:7:8:9]'],
    ['an IPv6 address with a zone', '[fe80::1%25eth0]'],
    ['a name in brackets', '[host]'],
    ['an IPv4 address in brackets', '[1.2.3.4]'],
    ['an address of a later version', '[v1.a]'],
    ['an IPv4 address that is none', '256.0.0.1'],
    ['an IPv4 address of three parts', '127.0.1'],
    ['an address as one number', '2130706433'],
    ['an address and a dot', '127.0.0.1.'],
    ['a name that is too long', `${'a.'.repeat(130)}aa`],
  ])('refuses %s', (_what, value) => {
    expect(isSoundHost(value)).toBe(false);
  });

  it('takes nothing that a URL parser reads as another host, or as more than a host and a port', () => {
    const piece = fc.oneof(
      fc.constantFrom('a', 'B', '-', '_', '.', ':', '[', ']', '::', '%', '@', '/', '80', '1.2.3.4', '65536'),
      fc.string({ maxLength: 2, unit: 'binary' }),
    );

    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const value = pieces.join('');
        if (!isSoundHost(value)) return;
        // This parser refuses a name whose last label is a number, and spells IPv6 addresses in its own way.
        const url = URL.parse(`http://${value}/`);
        if (url === null || value.startsWith('[')) return;
        expect(url.hostname).toBe(value.toLowerCase().replace(/:\d*$/, ''));
        expect([url.username, url.password, url.pathname, url.search]).toEqual(['', '', '/', '']);
      }),
      { seed: 20261125, numRuns: 2_000 },
    );
  });
});

describe('isSameHost', () => {
  it.each([
    ['a', 'A', false],
    ['a', 'a:80', false],
    ['a:', 'a', false],
    ['a:443', 'a', true],
    ['a:0080', 'a', false],
    ['[::1]', '[::1]:80', false],
  ])('finds that %s and %s are one', (one, other, secure) => {
    expect(isSameHost(one, other, secure)).toBe(true);
    expect(isSameHost(other, one, secure)).toBe(true);
  });

  it.each([
    ['a', 'b', false],
    ['a', 'a:8080', false],
    ['a', 'a:443', false],
    ['a', 'a:80', true],
    ['a', 'a.', false],
    ['[::1]', '[::2]', false],
  ])('tells %s and %s apart', (one, other, secure) => {
    expect(isSameHost(one, other, secure)).toBe(false);
    expect(isSameHost(other, one, secure)).toBe(false);
  });
});

describe('RequestHosts', () => {
  it('judges a value the same way however often it comes, and after many others', () => {
    const hosts = new RequestHosts();
    const judge = (): boolean[] => ['gateway', 'gate way'].map((value) => hosts.isSound(value));

    const first = judge();
    const again = judge();
    for (let i = 0; i < 2_000; i++) hosts.isSound(`host-${i}`);
    const later = judge();

    expect([first, again, later]).toEqual([
      [true, false],
      [true, false],
      [true, false],
    ]);
  });
});
