import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientWalk, isTrusted, MAX_HOPS } from '../../../src/edge/client-address.js';
import { hopAddress } from '../../../src/edge/forwarded-hop.js';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');
trusted.addSubnet('fd00::', 8, 'ipv6');

/** Where the walk ends; fields from the last to the first. */
function walked(fields: readonly string[], through: 'throughForwardedFor' | 'throughForwarded'): ClientWalk {
  const walk = new ClientWalk('10.0.0.1', trusted);
  for (const field of fields) walk[through](field);
  return walk;
}

describe('the walk through X-Forwarded-For', () => {
  it.each([
    ['goes to the right-most that is not trusted', ['1.1.1.1, 203.0.113.9, 10.0.0.2'], '203.0.113.9'],
    ['never believes what stands left of it', ['6.6.6.6, 203.0.113.9'], '203.0.113.9'],
    ['goes to the left-most when all are trusted', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['goes on in the field before', ['10.0.0.2', '6.6.6.6, 203.0.113.9,\t10.0.0.3'], '203.0.113.9'],
    ['stops in the last field when that ends it', ['203.0.113.9', '6.6.6.6'], '203.0.113.9'],
    ['stops in front of what is no address', ['203.0.113.9, unknown, 10.0.0.2'], '10.0.0.2'],
    ['stops there for all fields', ['junk', '203.0.113.9'], '10.0.0.1'],
    ['stops in front of a zone id', ['fe80::1%eth0, fd00::2'], 'fd00::2'],
    ['stops at nothing', [''], '10.0.0.1'],
    ['stops at an empty entry', ['203.0.113.9,,10.0.0.2'], '10.0.0.2'],
    ['reads an address with a port', ['203.0.113.9:4711, 10.0.0.2:80'], '203.0.113.9'],
    ['reads IPv6', ['2001:db8::9'], '2001:db8::9'],
    ['reads IPv6 in brackets', ['[2001:db8::9]:4711, [fd00::2]'], '2001:db8::9'],
    ['reads IPv4 that came through IPv6', ['::ffff:203.0.113.9, ::ffff:10.0.0.2'], '203.0.113.9'],
  ])('%s', (_what, fields, expected) => {
    expect(walked(fields, 'throughForwardedFor').address).toBe(expected);
  });

  it(`goes ${MAX_HOPS} hops and not one more`, () => {
    const proxies = (count: number): string => Array(count).fill('10.0.0.2').join(',');

    const allowed = walked([`203.0.113.9,${proxies(MAX_HOPS - 1)}`], 'throughForwardedFor');
    const further = walked([`203.0.113.9,${proxies(MAX_HOPS)}`], 'throughForwardedFor');

    expect(allowed.address).toBe('203.0.113.9');
    expect(further.address).toBe('10.0.0.2');
  });

  it('never throws, and never ends anywhere but at the peer or at a hop, whatever the fields hold', () => {
    const hop = fc.oneof(
      fc.constantFrom('10.0.0.1', '203.0.113.9', '::1', '999.1.1.1', ':::', 'a', '', '::ffff:1.2.3.4'),
      fc.constantFrom('[::1]:8', '10.0.0.2:99999', '[fd00::1]', '1.2.3.4:1', 'fd00::1%1'),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(hop, { maxLength: 6 }), { maxLength: 3 }), (fields) => {
        const texts = fields.map((hops) => hops.join(', '));

        const { address } = walked(texts, 'throughForwardedFor');

        const hops = texts.flatMap((text) => text.split(',').map((one) => hopAddress(one.trim())));
        expect(['10.0.0.1', ...hops]).toContain(address);
      }),
      { seed: 20261124, numRuns: 3_000 },
    );
  });

  it('ends where a plain reading of the rule ends', () => {
    const hop = fc.oneof(
      fc.constantFrom('10.0.0.2', '10.0.0.3', 'fd00::2', '203.0.113.9', '2001:db8::9', 'unknown', ''),
    );
    fc.assert(
      fc.property(fc.array(fc.array(hop, { minLength: 1, maxLength: 5 }), { maxLength: 3 }), (fields) => {
        const all = fields.flat();
        let expected = '10.0.0.1';
        while (expected.startsWith('10.') || expected.startsWith('fd00')) {
          const next = all.pop();
          if (next === undefined || next === 'unknown' || next === '') break;
          expected = next;
        }

        const texts = fields.map((hops) => hops.join(',')).reverse();

        expect(walked(texts, 'throughForwardedFor').address).toBe(expected);
      }),
      { seed: 20261124, numRuns: 3_000 },
    );
  });
});

describe('the walk through Forwarded', () => {
  it.each([
    [
      'goes to the right-most that is not trusted',
      ['for=6.6.6.6, for=203.0.113.9, for=10.0.0.2'],
      '203.0.113.9',
    ],
    ['goes on in the field before', ['for=10.0.0.2', 'for=6.6.6.6,for="203.0.113.9:1"'], '203.0.113.9'],
    ['reads IPv6 in quotes', ['FOR="[2001:db8::9]:_x"'], '2001:db8::9'],
    ['stops in front of an obfuscated name', ['for=203.0.113.9, for=_hidden, for=10.0.0.2'], '10.0.0.2'],
    ['stops in front of unknown', ['for=203.0.113.9, for=unknown'], '10.0.0.1'],
    ['stops in front of an element without for', ['for=203.0.113.9, proto=https'], '10.0.0.1'],
    ['stops in front of what is no element', ['for=203.0.113.9, for=a b, for=10.0.0.2'], '10.0.0.2'],
    ['is not led astray by an open quote of the client', ['for="x, for=203.0.113.9'], '203.0.113.9'],
  ])('%s', (_what, fields, expected) => {
    expect(walked(fields, 'throughForwarded').address).toBe(expected);
  });

  it.each([
    [
      'of the element nearest to the client',
      'for=203.0.113.9;proto=https;host=a.example, for=10.0.0.2;proto=http',
      'https',
      'a.example',
    ],
    ['of one that hides the client', 'for=_x;proto=HTTPS;host="a.example:8443"', 'https', 'a.example:8443'],
    ['of one that names nobody', 'proto=http', 'http', undefined],
    [
      'never of one that the client wrote',
      'proto=https;host=forged.example, for=203.0.113.9',
      undefined,
      undefined,
    ],
    ['never another scheme', 'for=203.0.113.9;proto=ftp', undefined, undefined],
  ])('keeps scheme and host %s', (_what, field, proto, host) => {
    expect(walked([field], 'throughForwarded')).toMatchObject({ proto, host });
  });
});

describe('isTrusted', () => {
  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['11.1.2.3', false],
    ['fd12::1', true],
    ['2001:db8::1', false],
    ['', false],
  ])('says of %j: %s', (address, expected) => {
    expect(isTrusted(address, trusted)).toBe(expected);
  });
});
