import { describe, expect, it } from 'vitest';
import { checkDns, resolveDns } from '../../../../src/proxy/upstream/dns.options.js';
import { resolveTargets } from '../../../../src/targets/resolve-targets.js';

const messages = (dns: unknown, targets = 'http://users.test'): string[] =>
  checkDns('users', dns, resolveTargets('users', targets, {}).targets).map(({ message }) => message);

describe('the dns options of an upstream', () => {
  it('have defaults', () => {
    expect(resolveDns()).toEqual({ refreshMs: 5_000, denied: undefined });
    expect(resolveDns({ deny: [] }).denied).toBeUndefined();
  });

  it('are taken as given', () => {
    const { refreshMs, denied } = resolveDns({ refreshMs: 30_000, deny: ['private', '192.0.2.0/24'] });

    expect([refreshMs, denied?.has('10.1.2.3'), denied?.has('192.0.2.9')]).toEqual([30_000, true, true]);
  });

  it.each([
    [{ refresh: 1 }, 'dns.refresh is not an option; did you mean dns.refreshMs?'],
    [{ refreshMs: 99 }, 'dns.refreshMs is 99; must be a whole number, 100–3600000.'],
    [{ deny: 'loopback' }, "dns.deny is \"loopback\"; must be a list such as ['loopback', 'link-local']."],
    [
      { deny: ['loopbak'] },
      'dns.deny[0] is "loopbak"; must be loopback, link-local, private, an IP address or a CIDR range; did you mean loopback?',
    ],
    [
      { deny: ['private', '10.0.0.0/33'] },
      'dns.deny[1] is "10.0.0.0/33"; must be loopback, link-local, private, an IP address or a CIDR range.',
    ],
    [
      { deny: [7] },
      'dns.deny[0] is 7; must be loopback, link-local, private, an IP address or a CIDR range.',
    ],
    [null, 'dns is null; must be an object of options.'],
  ])('refuse %j', (dns, message) => {
    expect(messages(dns)).toEqual([message]);
  });

  it('refuse a target whose address they never let the gateway connect to', () => {
    expect(messages({ deny: ['loopback'] }, 'http://127.0.0.1:3001,http://users.test')).toEqual([
      'targets names 127.0.0.1:3001, which dns.deny refuses; take one of them out.',
    ]);
  });

  it('list every mistake at once', () => {
    expect(messages({ refreshMs: 0, deny: ['lan', '::1/129'] })).toHaveLength(3);
  });
});
