import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, plainAddress } from '../../../src/edge/client-address.js';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');
trusted.addSubnet('fd00::', 8, 'ipv6');

describe('clientAddress', () => {
  it.each([
    ['is the peer when nobody is trusted', '10.0.0.1', '203.0.113.9', undefined, '10.0.0.1'],
    ['is the peer when the peer is not trusted', '198.51.100.1', '203.0.113.9', trusted, '198.51.100.1'],
    ['is the peer without the header', '10.0.0.1', undefined, trusted, '10.0.0.1'],
    [
      'is the right-most that is not trusted',
      '10.0.0.1',
      '1.1.1.1, 203.0.113.9, 10.0.0.2',
      trusted,
      '203.0.113.9',
    ],
    ['never believes what stands left of it', '10.0.0.1', '6.6.6.6, 203.0.113.9', trusted, '203.0.113.9'],
    ['is the left-most when all are trusted', '10.0.0.1', '10.0.0.3, 10.0.0.2', trusted, '10.0.0.3'],
    ['stops at what is no address', '10.0.0.1', '203.0.113.9, unknown, 10.0.0.2', trusted, '10.0.0.2'],
    ['stops at an address with a port', '10.0.0.1', '203.0.113.9:4711', trusted, '10.0.0.1'],
    ['stops at nothing', '10.0.0.1', '', trusted, '10.0.0.1'],
    ['reads IPv6', 'fd00::1', '2001:db8::9', trusted, '2001:db8::9'],
    ['reads IPv4 that came through IPv6', '10.0.0.1', '::ffff:203.0.113.9', trusted, '203.0.113.9'],
  ])('%s', (_what, peer, header, list, expected) => {
    expect(clientAddress(peer, header, list)).toBe(expected);
  });

  it('never throws, and never gives anything but the peer or a hop, whatever the header holds', () => {
    const hop = fc.oneof(
      fc.constantFrom('10.0.0.1', '203.0.113.9', '::1', '999.1.1.1', ':::', 'a', '', '::ffff:1.2.3.4'),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(hop, { maxLength: 6 }), (hops) => {
        const header = hops.join(',');

        const address = clientAddress('10.0.0.9', header, trusted);

        expect(['10.0.0.9', ...header.split(',').map((one) => plainAddress(one.trim()))]).toContain(address);
      }),
      { seed: 20261124, numRuns: 2_000 },
    );
  });
});

describe('plainAddress', () => {
  it.each([
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::ffff:7f00:1', '::ffff:7f00:1'],
    [undefined, ''],
  ])('writes %s as %j', (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});
