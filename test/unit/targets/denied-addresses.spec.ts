import { describe, expect, it } from 'vitest';
import { DeniedAddresses, denyProblem } from '../../../src/targets/denied-addresses.js';

describe('DeniedAddresses', () => {
  it.each([
    [
      'loopback',
      ['127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1', '::ffff:7f00:1'],
    ],
    ['link-local', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.169.254']],
    ['private', ['10.0.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00:ec2::254', 'fc00::1']],
    ['192.0.2.0/24', ['192.0.2.0', '192.0.2.255', '::ffff:192.0.2.7']],
    ['192.0.2.7', ['192.0.2.7']],
    ['2001:db8::/32', ['2001:db8::1', '2001:db8:ffff::1']],
    ['0.0.0.0/0', ['1.1.1.1']],
  ])('has for %s: %j', (entry, addresses) => {
    const denied = new DeniedAddresses([entry]);

    expect(addresses.filter((address) => !denied.has(address))).toEqual([]);
  });

  it.each([
    ['loopback', ['128.0.0.1', '1.0.0.0', '::2', '10.0.0.1']],
    ['link-local', ['169.253.255.255', '169.255.0.0', 'fec0::1']],
    ['private', ['9.255.255.255', '172.32.0.0', '100.128.0.0', '8.8.8.8', '2001:db8::1']],
    ['192.0.2.7', ['192.0.2.6', '192.0.2.8']],
  ])('has not for %s: %j', (entry, addresses) => {
    const denied = new DeniedAddresses([entry]);

    expect(addresses.filter((address) => denied.has(address))).toEqual([]);
  });

  it('has no names: they are judged by what they resolve to', () => {
    expect(new DeniedAddresses(['loopback']).has('localhost')).toBe(false);
  });
});

describe('denyProblem', () => {
  it.each(['loopback', 'link-local', 'private', '10.0.0.0/8', '10.0.0.1', '::1', '::/0'])(
    'takes %s',
    (entry) => {
      expect(denyProblem(entry)).toBeUndefined();
    },
  );

  it.each([
    'Loopback',
    'toString',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0/8',
    '::/129',
    'fe80::1%eth0',
    'a.test',
    '',
    null,
  ])('refuses %j', (entry) => {
    expect(denyProblem(entry)).toContain('must be loopback, link-local, private');
  });
});
