import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hopAddress, nodeAddress } from '../../../src/edge/forwarded-hop.js';

describe('hopAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:567', '192.0.2.1'],
    ['192.0.2.1:65535', '192.0.2.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[::1]:567', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['[0:0:0:0:0:ffff:192.0.2.1]:80', '192.0.2.1'],
  ])('reads %s as %s', (hop, address) => {
    expect(hopAddress(hop)).toBe(address);
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    'localhost',
    '192.0.2.01',
    '192.0.2.256',
    '192.0.2',
    '192.0.2.1:',
    '192.0.2.1:65536',
    '192.0.2.1:+1',
    '192.0.2.1:1 ',
    '[192.0.2.1]',
    '[::1',
    '::1]',
    '[::1]567',
    '[::1]:',
    '[::1]:a',
    '[]',
    ':::',
    'fe80::1%eth0',
    '[fe80::1%25eth0]',
    `::1${' '.repeat(60)}`,
    '192.0.2.1, 192.0.2.2',
  ])('refuses %j', (hop) => {
    expect(hopAddress(hop)).toBeUndefined();
  });

  it('gives one spelling to each address, and nothing but addresses', () => {
    const hop = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.[\]%]{0,20}$/), fc.string());
    fc.assert(
      fc.property(hop, (text) => {
        const address = hopAddress(text);

        if (isIP(text) !== 0) expect(address).toBeDefined();
        if (address === undefined) return;
        expect(isIP(address)).not.toBe(0);
        expect(hopAddress(address)).toBe(address);
      }),
      { seed: 20261124, numRuns: 5_000 },
    );
  });
});

describe('nodeAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:80', '192.0.2.1'],
    ['192.0.2.1:_http', '192.0.2.1'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['[2001:db8::1]:_p.1', '2001:db8::1'],
    ['[::ffff:192.0.2.1]', '192.0.2.1'],
  ])('reads %s as %s', (node, address) => {
    expect(nodeAddress(node)).toBe(address);
  });

  it.each([
    '',
    'unknown',
    'unknown:80',
    '_hidden',
    '2001:db8::1',
    '[fe80::1%1]',
    '192.0.2.1:_',
    '[::1]:99999',
  ])('refuses %j', (node) => {
    expect(nodeAddress(node)).toBeUndefined();
  });
});
