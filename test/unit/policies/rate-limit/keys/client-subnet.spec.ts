import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientSubnet } from '../../../../../src/policies/rate-limit/keys/client-subnet.js';

const group = fc.integer({ min: 0, max: 0xffff });
const bits64 = fc.tuple(group, group, group, group);
// 0:0:0:0 is left out: loopback and embedded IPv4 live there, with rules of their own.
const network = bits64.filter((groups) => groups.some((one) => one !== 0));

/** One address in every spelling a client may use: full, zero-padded, upper case, compressed, with a zone. */
function spellings(groups: readonly number[]): string[] {
  const plain = groups.map((one) => one.toString(16)).join(':');
  const padded = groups.map((one) => one.toString(16).padStart(4, '0')).join(':');
  const compressed = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  return [plain, padded, padded.toUpperCase(), compressed, `${compressed}%eth0`];
}

describe('the address a client is counted by', () => {
  it('is one for every address of a /64, however it is spelled', () => {
    const subnetOf = clientSubnet(64);

    const property = fc.property(network, bits64, bits64, (prefix, host, other) => {
      const keys = [...spellings([...prefix, ...host]), ...spellings([...prefix, ...other])].map(subnetOf);
      expect(new Set(keys).size).toBe(1);
    });

    fc.assert(property, { seed: 20_263, numRuns: 500 });
  });

  it('differs between two /64 networks', () => {
    const subnetOf = clientSubnet(64);

    const property = fc.property(network, network, bits64, (one, other, host) => {
      fc.pre(one.join() !== other.join());
      const [a, b] = [
        [...one, ...host].map((g) => g.toString(16)),
        [...other, ...host].map((g) => g.toString(16)),
      ];
      expect(subnetOf(a.join(':'))).not.toBe(subnetOf(b.join(':')));
    });

    fc.assert(property, { seed: 20_264, numRuns: 500 });
  });

  it('is the same for an IPv4 address and the one inside ::ffff:, dotted or in hex', () => {
    const subnetOf = clientSubnet(64);
    const octet = fc.integer({ min: 0, max: 255 });

    const property = fc.property(fc.tuple(octet, octet, octet, octet), ([a, b, c, d]) => {
      const plain = `${a}.${b}.${c}.${d}`;
      const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
      expect([subnetOf(plain), subnetOf(`::ffff:${plain}`), subnetOf(hex)]).toEqual([plain, plain, plain]);
    });

    fc.assert(property, { seed: 20_265, numRuns: 300 });
  });

  it('follows the configured prefix', () => {
    const narrow = clientSubnet(128);
    const wide = clientSubnet(48);

    expect(narrow('2001:db8::1')).not.toBe(narrow('2001:db8::2'));
    expect(wide('2001:db8:1:1::1')).toBe(wide('2001:db8:1:2::9'));
  });

  it('stays right when more clients come than it remembers', () => {
    const subnetOf = clientSubnet(64);

    for (let i = 0; i < 10_050; i++)
      subnetOf(`2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`);

    expect(subnetOf('2001:db8:0:1::1')).toBe(subnetOf('2001:db8:0:1::2'));
  });
});
