import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHost } from '../../../src/targets/host-name.js';
import { parseTargetUrl } from '../../../src/targets/target-url.js';

describe('parseTargetUrl', () => {
  it.each([
    ['http://user-service:3001', 'user-service', 3001, false],
    ['http://user-service', 'user-service', 80, false],
    ['http://user-service:3001/', 'user-service', 3001, false],
    ['HTTP://User-Service.Prod.Svc.:80', 'user-service.prod.svc.', 80, false],
    ['http://10.0.0.7:8080', '10.0.0.7', 8080, false],
    ['http://[::1]:8080', '::1', 8080, false],
    ['http://[2001:DB8::7]', '2001:db8::7', 80, false],
    ['https://users.example', 'users.example', 443, true],
  ])('reads %s', (url, host, port, tls) => {
    const address = parseTargetUrl(url);

    expect(address).toEqual({ host, port, tls });
  });

  it.each([
    ['user-service:3001', 'must be a URL'],
    ['', 'must be a URL'],
    ['ftp://user-service', 'must start with http://'],
    ['unix://var/run/app.sock', 'must start with http://'],
    ['http://user-service:3001/users', 'upstreamPath'],
    ['http://user-service/?a=1', 'path or query'],
    ['http://user-service?a=1', 'must end after the port'],
    ['http://user-service#top', 'must end after the port'],
    ['http://user-service:0', '1–65535'],
    ['http://user-service:65536', '1–65535'],
    ['http://user-service:', 'its host'],
    ['http://:3001', 'its host'],
    ['http://user_service', 'its host'],
    ['http://-users', 'its host'],
    ['http://users..prod', 'its host'],
    ['http://users。prod', 'its host'],
    ['http://usérs', 'its host'],
    ['http://users\u0000.prod', 'its host'],
    ['http://users\n', 'its host'],
    ['http://127.1', 'its host'],
    ['http://0x7f000001', 'its host'],
    ['http://2130706433', 'its host'],
    ['http://0177.0.0.1', 'its host'],
    ['http://[fe80::1%eth0]:80', 'its host'],
    ['http://[127.0.0.1]:80', 'its host'],
    ['http://::1', 'its host'],
    ['http://users\\@evil', 'must end after the port'],
  ])('refuses %j and says why', (url, reason) => {
    const problem = parseTargetUrl(url);

    expect(problem).toContain(reason);
  });

  it('does not repeat a password', () => {
    const problem = parseTargetUrl('http://admin:hunter2@user-service:3001');

    expect(problem).toContain('user name or password');
    expect(problem).not.toContain('hunter2');
  });

  it('reads back any sound host and port', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
    const host = fc.oneof(
      fc.array(label, { minLength: 1, maxLength: 4 }).map((l) => l.join('.')),
      fc.ipV4(),
    );

    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const address = parseTargetUrl(`http://${name}:${port}`);

        expect(address).toEqual({ host: name, port, tls: false });
      }),
      { seed: 20261124, numRuns: 300 },
    );
  });

  it('accepts a string only with a host of plain characters, and never throws', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[a-z0-9.:@[\]/?#]*$/),
    );

    fc.assert(
      fc.property(anything, fc.constantFrom('', 'http://', 'http://a', 'http://['), (text, prefix) => {
        const address = parseTargetUrl(prefix + text);

        if (typeof address !== 'string') expect(address.host).toMatch(/^[a-z0-9.:-]+$/);
      }),
      { seed: 20261124, numRuns: 200 },
    );
  });
});

describe('isHost', () => {
  it('holds labels to 63 characters and names to 253', () => {
    const longest = `${'a'.repeat(61)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}`;

    expect([isHost(longest), isHost(`${longest}d`), isHost('a'.repeat(64))]).toEqual([true, false, false]);
  });

  it.each([
    'users\u0000.prod',
    'users.prod\u0000',
    'users\u3002prod',
    'users\uff0eprod',
    'users\uff61prod',
    'users\u00ad.prod',
    'users\u200b.prod',
    'us\u0435rs.prod',
    'user_service',
    '_http._tcp.users',
    'users prod',
    'users\t',
    'users\r\n',
    '*.prod',
    'users..prod',
    '.users',
    'users.prod..',
    '-users',
    'users-',
    'users:80',
    '[::1]',
    '',
    '.',
  ])('takes letters, digits, hyphens and dots alone: not %j', (host) => {
    expect(isHost(host)).toBe(false);
  });
});
