import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader, V1_MAX_BYTES, V2_MAX_REST_BYTES } from '../../../src/edge/proxy-protocol.js';
import { proxyV2 } from '../../support/proxy-header.js';

const line = (text: string) => readProxyHeader(Buffer.from(text, 'latin1'));
const client = (length: number, address: string, reachedPort: number) => ({
  length,
  speaker: 'client',
  address,
  reachedPort,
});
const nobody = (length: number, speaker: 'unknown' | 'proxy') => ({
  length,
  speaker,
  address: '',
  reachedPort: 0,
});

describe('a PROXY header, version 1', () => {
  it.each([
    ['PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n', '203.0.113.9', 443],
    ['PROXY TCP6 2001:DB8::9 2001:db8::1 56324 8443\r\n', '2001:db8::9', 8443],
    ['PROXY TCP6 ::ffff:203.0.113.9 ::1 0 65535\r\n', '203.0.113.9', 65535],
  ])('names the client: %j', (text, address, port) => {
    expect(line(text)).toEqual(client(text.length, address, port));
    expect(line(`${text}GET / HTTP/1.1\r\n`)).toEqual(client(text.length, address, port));
  });

  it.each([
    'PROXY UNKNOWN\r\n',
    'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n',
    'PROXY UNKNOWN anything \n at all\r\n',
  ])('may name nobody: %j', (text) => {
    expect(line(text)).toEqual(nobody(text.length, 'unknown'));
  });

  it.each([
    'GET / HTTP/1.1\r\n',
    'proxy TCP4 203.0.113.9 192.0.2.1 1 2\r\n',
    'PROXY\tTCP4 203.0.113.9 192.0.2.1 1 2\r\n',
    'PROXY  TCP4 203.0.113.9 192.0.2.1 1 2\r\n',
    'PROXY TCP5 203.0.113.9 192.0.2.1 1 2\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1 2 3\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1 2 \r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1  1 2\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1 01 2\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1 65536\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1 -1 2\r\n',
    'PROXY TCP4 2001:db8::9 192.0.2.1 1 2\r\n',
    'PROXY TCP4 203.0.113.09 192.0.2.1 1 2\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n\r\n',
    'PROXY TCP6 203.0.113.9 2001:db8::1 1 2\r\n',
    'PROXY TCP6 [2001:db8::9] 2001:db8::1 1 2\r\n',
    'PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2\r\n',
    'PROXY TCP6 2001:db8::9 fe80::1%eth0 1 2\r\n',
    'PROXY UNKNOWNS\r\n',
    'PROXY \r\n',
  ])('is refused: %j', (text) => {
    expect(line(text)).toBe('malformed');
  });

  it(`has at most ${V1_MAX_BYTES} bytes`, () => {
    const longest = `PROXY UNKNOWN ${'x'.repeat(V1_MAX_BYTES - 16)}\r\n`;

    expect(line(longest)).toEqual(nobody(V1_MAX_BYTES, 'unknown'));
    expect(line(longest.slice(0, -1))).toBe('incomplete');
    expect(line(longest.replace('x', 'xx'))).toBe('malformed');
    expect(line(longest.replace('\r\n', 'xx'))).toBe('malformed');
  });
});

describe('a PROXY header, version 2', () => {
  it.each([
    ['IPv4', proxyV2({ source: '203.0.113.9', port: 443 }), 28, '203.0.113.9', 443],
    ['IPv6', proxyV2({ source: '2001:db8::9', port: 8443 }), 52, '2001:db8::9', 8443],
    ['IPv4 inside IPv6', proxyV2({ source: '::ffff:203.0.113.9', port: 1 }), 52, '203.0.113.9', 1],
    [
      'more fields',
      proxyV2({ source: '203.0.113.9', port: 443, extra: Buffer.alloc(100, 4) }),
      128,
      '203.0.113.9',
      443,
    ],
  ])('names the client: %s', (_what, header, length, address, port) => {
    expect(readProxyHeader(header)).toEqual(client(length, address, port));
    expect(readProxyHeader(Buffer.concat([header, Buffer.from('GET /')]))).toEqual(
      client(length, address, port),
    );
  });

  it('is the proxy itself with LOCAL, whatever else it says', () => {
    expect(readProxyHeader(proxyV2({ command: 0, family: 0x00 }))).toEqual(nobody(16, 'proxy'));
    expect(readProxyHeader(proxyV2({ command: 0, family: 0xff, extra: Buffer.alloc(9) }))).toEqual(
      nobody(25, 'proxy'),
    );
    expect(readProxyHeader(proxyV2({ command: 0, source: '203.0.113.9' }))).toEqual(nobody(28, 'proxy'));
  });

  it.each([
    ['an unspecified family', 0x00, 0],
    ['an unspecified family with a transport', 0x01, 7],
    ['an unspecified transport', 0x10, 12],
    ['UDP over IPv4', 0x12, 12],
    ['UDP over IPv6', 0x22, 36],
    ['a UNIX socket', 0x31, 216],
  ])('names nobody with %s', (_what, family, bytes) => {
    expect(readProxyHeader(proxyV2({ family, extra: Buffer.alloc(bytes, 1) }))).toEqual(
      nobody(16 + bytes, 'unknown'),
    );
  });

  it.each([
    ['another version', proxyV2({ version: 1 })],
    ['version 3', proxyV2({ version: 3 })],
    ['an unknown command', proxyV2({ command: 2 })],
    ['an unknown family', proxyV2({ family: 0x41, extra: Buffer.alloc(300) })],
    ['an unknown transport', proxyV2({ family: 0x13, extra: Buffer.alloc(12) })],
    ['too few bytes for IPv4', proxyV2({ family: 0x11, extra: Buffer.alloc(11) })],
    ['too few bytes for IPv6', proxyV2({ family: 0x21, extra: Buffer.alloc(35) })],
    ['too few bytes for a UNIX socket', proxyV2({ family: 0x31, extra: Buffer.alloc(215) })],
  ])('is refused with %s', (_what, header) => {
    expect(readProxyHeader(header)).toBe('malformed');
  });

  it(`has at most ${V2_MAX_REST_BYTES} bytes behind its first 16, and is refused before they are awaited`, () => {
    const longest = proxyV2({
      source: '203.0.113.9',
      port: 443,
      extra: Buffer.alloc(V2_MAX_REST_BYTES - 12),
    });
    const longer = proxyV2({ source: '203.0.113.9', port: 443, extra: Buffer.alloc(V2_MAX_REST_BYTES - 11) });

    expect(readProxyHeader(longest)).toEqual(client(16 + V2_MAX_REST_BYTES, '203.0.113.9', 443));
    expect(readProxyHeader(longer.subarray(0, 16))).toBe('malformed');
  });
});

describe('a PROXY header in pieces', () => {
  const complete = fc.oneof(
    fc
      .tuple(fc.ipV4(), fc.nat(65_535), fc.nat(65_535))
      .map(([address, from, to]) => Buffer.from(`PROXY TCP4 ${address} 192.0.2.1 ${from} ${to}\r\n`)),
    fc
      .tuple(fc.ipV6(), fc.nat(65_535))
      .map(([address, port]) => Buffer.from(`PROXY TCP6 ${address} 2001:db8::1 1 ${port}\r\n`)),
    fc
      .tuple(
        fc.oneof(fc.ipV4(), fc.constant('2001:db8::9')),
        fc.nat(65_535),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([source, port, extra]) => proxyV2({ source, port, extra: Buffer.from(extra) })),
    fc.constant(Buffer.from('PROXY UNKNOWN\r\n')),
    fc.constant(proxyV2({ command: 0 })),
  );

  it('is incomplete at each length but its own, and what follows it changes nothing', () => {
    fc.assert(
      fc.property(complete, fc.uint8Array({ maxLength: 20 }), (bytes, more) => {
        for (let length = 0; length < bytes.length; length++) {
          expect(readProxyHeader(bytes.subarray(0, length))).toBe('incomplete');
        }
        const header = readProxyHeader(bytes);

        expect(header).toMatchObject({ length: bytes.length });
        expect(readProxyHeader(Buffer.concat([bytes, more]))).toEqual(header);
      }),
      { seed: 20261124, numRuns: 300 },
    );
  });

  it('is never misread: any bytes are incomplete within the bounds, malformed, or a header that fits them', () => {
    const damaged = fc.tuple(complete, fc.nat(60), fc.nat(255)).map(([bytes, at, value]) => {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = value;
      return copy;
    });
    const bytes = fc.oneof(
      damaged,
      fc.uint8Array({ maxLength: 200 }).map((random) => Buffer.from(random)),
      fc.uint8Array({ maxLength: 200 }).map((random) => Buffer.concat([Buffer.from('PROXY '), random])),
      fc
        .uint8Array({ maxLength: 3_000 })
        .map((random) => Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n'), random])),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        const header = readProxyHeader(given);

        if (header === 'incomplete') expect(given.length).toBeLessThan(16 + V2_MAX_REST_BYTES);
        if (typeof header === 'string') return;
        expect(header.length).toBeLessThanOrEqual(given.length);
        expect(isIP(header.address) !== 0).toBe(header.speaker === 'client');
      }),
      { seed: 20261124, numRuns: 5_000 },
    );
  });
});
