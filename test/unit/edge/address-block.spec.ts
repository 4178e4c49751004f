import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBlock } from '../../../src/edge/address-block.js';

describe('what counts as one client', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1:2:3:4', 'fe80:0:0:0::/64'],
    ['1:2:3::', '1:2:3:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['', ''],
  ])('of %j is %j', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });

  it('is the same for all addresses of a /64, however they are written', () => {
    const group = fc.integer({ min: 0, max: 0xffff });

    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), group, (groups, other) => {
        const long = groups.map((value) => value.toString(16).padStart(4, '0')).join(':');
        const short = [...groups.slice(0, 7), other].map((value) => value.toString(16)).join(':');

        expect(addressBlock(long)).toBe(addressBlock(short));
      }),
      { seed: 64, numRuns: 200 },
    );
  });
});
