import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { parseAddress, parseRange } from '../../../../src/policies/ip-restriction/address-range.js';
import type { IpRestrictionOptions } from '../../../../src/policies/ip-restriction/ip-restriction.options.js';
import { IpRestrictionPolicy } from '../../../../src/policies/ip-restriction/ip-restriction.policy.js';
import { ipRestrictionStage } from '../../../../src/policies/ip-restriction/ip-restriction.stage.js';

function outcomeOf(options: IpRestrictionOptions, clientAddress: string): string {
  try {
    void ipRestrictionStage(options)({ clientAddress } as Exchange);
    return 'passes';
  } catch (error) {
    if (error instanceof GatewayError) return `${error.status} ${error.policy} ${error.reason}`;
    throw error;
  }
}

const DENIED = '403 ip-restriction address-denied';

describe('who may call', () => {
  it.each<[IpRestrictionOptions, string, string]>([
    [{ allow: ['10.0.0.0/8'] }, '10.255.255.255', 'passes'],
    [{ allow: ['10.0.0.0/8'] }, '11.0.0.0', DENIED],
    [{ allow: ['10.0.0.0/8'] }, '9.255.255.255', DENIED],
    [{ allow: ['192.0.2.7'] }, '192.0.2.7', 'passes'],
    [{ allow: ['192.0.2.7'] }, '192.0.2.6', DENIED],
    [{ deny: ['192.0.2.0/25'] }, '192.0.2.127', DENIED],
    [{ deny: ['192.0.2.0/25'] }, '192.0.2.128', 'passes'],
    [{ deny: ['0.0.0.0/0'] }, '192.0.2.1', DENIED],
    [{ deny: ['0.0.0.0/0'] }, '2001:db8::1', 'passes'],
    [{ deny: ['::/0'] }, '2001:db8::1', DENIED],
    [{ deny: ['::/0'] }, '192.0.2.1', 'passes'],
    [{ deny: ['128.0.0.0/1'] }, '255.255.255.255', DENIED],
    [{ allow: ['2001:db8::/32'] }, '2001:db8:ffff::1', 'passes'],
    [{ allow: ['2001:db8::/32'] }, '2001:db9::', DENIED],
    [{ allow: ['2001:db8::1/128'] }, '2001:DB8:0:0:0:0:0:1', 'passes'],
    [{ allow: ['fe80::/10'] }, 'febf::1', 'passes'],
  ])('%j lets %s: %s', (options, address, outcome) => {
    expect(outcomeOf(options, address)).toBe(outcome);
  });

  it('refuses what is denied, also inside a range that is let in', () => {
    const options = { allow: ['10.0.0.0/8'], deny: ['10.0.0.13', '10.1.0.0/16'] };

    expect(outcomeOf(options, '10.0.0.12')).toBe('passes');
    expect(outcomeOf(options, '10.0.0.13')).toBe(DENIED);
    expect(outcomeOf(options, '10.1.2.3')).toBe(DENIED);
  });

  it.each([
    ['192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['::ffff:192.0.2.0/120', '192.0.2.1'],
    ['192.0.2.0/24', '::ffff:192.0.2.1'],
    ['::ffff:0.0.0.0/96', '192.0.2.1'],
  ])('takes IPv4 inside IPv6 for IPv4: %s holds %s', (entry, address) => {
    expect(outcomeOf({ deny: [entry] }, address)).toBe(DENIED);
    expect(outcomeOf({ allow: [entry] }, address)).toBe('passes');
  });

  it.each(['', 'unknown', '10.0.0', '10.0.0.01', 'fe80::1%eth0', '10.0.0.1 '])(
    'refuses the address %j, which is none',
    (address) => {
      expect(outcomeOf({ deny: ['192.0.2.1'] }, address)).toBe(DENIED);
      expect(outcomeOf({ allow: ['0.0.0.0/0', '::/0'] }, address)).toBe(DENIED);
    },
  );

  it('agrees with Node about random addresses and ranges', () => {
    let state = 42;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    const v4 = () => Array.from({ length: 4 }, () => random(4) * 64).join('.');
    const v6 = () => Array.from({ length: 8 }, () => (random(4) * 0x4000).toString(16)).join(':');
    for (let round = 0; round < 300; round++) {
      const six = round % 2 === 0;
      const first = six ? v6() : v4();
      const prefix = random(six ? 129 : 33);
      const range = lowest(first, prefix);
      const list = new BlockList();
      list.addSubnet(first, prefix, six ? 'ipv6' : 'ipv4');
      for (const address of [first, six ? v6() : v4(), six ? v6() : v4()]) {
        const outcome = outcomeOf({ deny: [range] }, address);
        const held = list.check(address, six ? 'ipv6' : 'ipv4');
        expect(outcome, `${range} ${address}`).toBe(held ? DENIED : 'passes');
      }
    }
  });

  it('asks a list of 20,000 ranges without walking through it', () => {
    const deny = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    const stage = ipRestrictionStage({ deny });
    const exchange = { clientAddress: '192.0.2.1' } as Exchange;

    const startedAt = performance.now();
    for (let i = 0; i < 100_000; i++) void stage(exchange);

    // A walk takes minutes; the look-up some 10 ms.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

/** The range of this prefix length that an address is in. */
function lowest(address: string, prefix: number): string {
  for (let bits = prefix; ; ) {
    const parsed = parseAddress(address);
    if (parsed?.family === 4) {
      const value = bits === 0 ? 0 : ((parsed.value as number) & (-1 << (32 - bits))) >>> 0;
      return `${[24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')}/${bits}`;
    }
    const rest = BigInt(128 - bits);
    const value = ((parsed?.value as bigint) >> rest) << rest;
    const groups = Array.from({ length: 8 }, (_, i) =>
      ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
    );
    return `${groups.join(':')}/${bits}`;
  }
}

describe('IpRestrictionPolicy', () => {
  const policy = new IpRestrictionPolicy();

  it.each<[IpRestrictionOptions, string]>([
    [{}, 'nothing is restricted; name addresses in allow or deny, or take the decorator away.'],
    [{ allow: [] }, 'allow is empty; must name at least one address, or be left out.'],
    [
      { allow: '10.0.0.1' } as unknown as IpRestrictionOptions,
      'allow is "10.0.0.1"; must be a list of addresses and CIDR ranges.',
    ],
    [
      { allow: ['10.0.0.1'], denied: [] } as IpRestrictionOptions,
      'denied is not an option; did you mean deny?',
    ],
    [{ deny: ['10.0.0.256'] }, 'deny: "10.0.0.256" is neither an IP address nor a CIDR range.'],
    [{ deny: ['example.com'] }, 'deny: "example.com" is neither an IP address nor a CIDR range.'],
    [{ deny: ['10.0.0.0/8/8'] }, 'deny: "10.0.0.0/8/8" is neither an IP address nor a CIDR range.'],
    [{ deny: ['fe80::1%eth0'] }, 'deny: "fe80::1%eth0" is neither an IP address nor a CIDR range.'],
    [{ deny: [7 as unknown as string] }, 'deny: 7 is neither an IP address nor a CIDR range.'],
    [{ deny: ['10.0.0.0/33'] }, 'deny: "10.0.0.0/33" has no prefix length of 0–32.'],
    [{ deny: ['10.0.0.0/'] }, 'deny: "10.0.0.0/" has no prefix length of 0–32.'],
    [{ deny: ['10.0.0.0/08'] }, 'deny: "10.0.0.0/08" has no prefix length of 0–32.'],
    [{ deny: ['::/129'] }, 'deny: "::/129" has no prefix length of 0–128.'],
    [{ deny: ['10.0.0.1/8'] }, 'deny: "10.0.0.1/8" has bits set behind its prefix.'],
    [{ deny: ['2001:db8::1/64'] }, 'deny: "2001:db8::1/64" has bits set behind its prefix.'],
    [
      { deny: ['::ffff:10.0.0.0/90'] },
      'deny: "::ffff:10.0.0.0/90" takes in more than the IPv4 addresses; must have a prefix length of 96–128.',
    ],
  ])('refuses %j', (options, problem) => {
    expect(policy.check(options)).toEqual([problem]);
  });

  it('names every bad entry at once', () => {
    expect(policy.check({ allow: ['x', '10.0.0.0/8'], deny: ['y', 'z'] })).toHaveLength(3);
  });

  it('runs before identity and describes itself for the boot table', () => {
    expect(policy.stage()).toBe('admission');
    expect(policy.describe({ allow: ['10.0.0.0/8', '::1'], deny: ['10.0.0.13'] })).toBe(
      'from 10.0.0.0/8 or ::1, not from 10.0.0.13',
    );
    expect(policy.describe({ deny: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'] })).toBe(
      'not from 10.0.0.1 or 10.0.0.2 or 10.0.0.3 and 1 more',
    );
  });

  it('reads addresses as one number each', () => {
    expect(parseAddress('255.255.255.255')).toEqual({ family: 4, value: 4_294_967_295 });
    expect(parseAddress('::1')).toEqual({ family: 6, value: 1n });
    expect(parseAddress('1:2:3:4:5:6:7:8')?.value).toBe(0x0001_0002_0003_0004_0005_0006_0007_0008n);
    expect(parseAddress('1::')?.value).toBe(1n << 112n);
    expect(parseAddress('::')?.value).toBe(0n);
    expect(parseAddress('1:2:3:4:5:6:7::')?.value).toBe(0x0001_0002_0003_0004_0005_0006_0007_0000n);
    expect(parseAddress('64:FF9B::192.0.2.33')?.value).toBe(0x0064_ff9b_0000_0000_0000_0000_c000_0221n);
    expect(parseAddress('0:0:0:0:0:ffff:192.0.2.33')).toEqual({ family: 4, value: 0xc000_0221 });
    expect(parseRange('::ffff:10.0.0.0/104')).toEqual({ family: 4, value: 0x0a00_0000, prefix: 8 });
  });
});

describe('where a route may be called from, as the route table reads it', () => {
  it('names what is let in and what is turned away', () => {
    const policy = new IpRestrictionPolicy();

    expect(policy.access({ allow: ['10.0.0.0/8'], deny: ['10.0.0.13'] })).toEqual([
      { kind: 'not-address', match: 'any', names: ['10.0.0.13'] },
      { kind: 'address', match: 'any', names: ['10.0.0.0/8'] },
    ]);
    expect(policy.access({ deny: ['::1'] })).toEqual([{ kind: 'not-address', match: 'any', names: ['::1'] }]);
  });
});
