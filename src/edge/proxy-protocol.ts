import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './forwarded-hop.js';

/** A PROXY header that was read whole. */
export interface ProxyHeader {
  /** Bytes it took; what follows belongs to the connection. */
  readonly length: number;
  /** Who is spoken for: a client, nobody the proxy can name, or the proxy itself (a health check of its own). */
  readonly speaker: 'client' | 'unknown' | 'proxy';
  /** The client's address, in its one spelling; `''` unless a client is spoken for. */
  readonly address: string;
  /** The port the client reached; 0 unless a client is spoken for. */
  readonly reachedPort: number;
}

/** Longest line of version 1, its CR LF included. */
export const V1_MAX_BYTES = 107;
/** Longest rest of a version 2 header that is accepted: the addresses and whatever type-length-value fields follow. */
export const V2_MAX_REST_BYTES = 2_048;

const V1_PREFIX = Buffer.from('PROXY ', 'latin1');
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_HEAD_BYTES = 16;

/**
 * Reads a PROXY header, version 1 or 2, from the first bytes of a connection (HAProxy's proxy-protocol.txt, sections
 * 2.1 and 2.2). To be called again with all bytes so far while it is `'incomplete'`; it is `'malformed'` as soon as the
 * bytes cannot begin one any more.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  if (bytes.length === 0) return 'incomplete';
  if (startsAs(bytes, V2_SIGNATURE)) {
    return bytes.length < V2_HEAD_BYTES ? soundHead(bytes) : readVersion2(bytes);
  }
  return startsAs(bytes, V1_PREFIX) ? readVersion1(bytes) : 'malformed';
}

function startsAs(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, length, 0, length) === 0;
}

function readVersion1(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) return bytes.length < V1_MAX_BYTES ? 'incomplete' : 'malformed';
  const length = end + 2;
  const line = bytes.toString('latin1', 0, end);
  // What follows the word is to be ignored.
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN ')) return unnamed(length, 'unknown');
  const [, family, source = '', destination = '', sourcePort = '', port = '', more] = line.split(' ');
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  if (isAddress === undefined || more !== undefined) return 'malformed';
  if (!isAddress(source) || !isAddress(destination) || !isPort(sourcePort) || !isPort(port))
    return 'malformed';
  const address = canonicalAddress(source);
  return address === undefined || destination.includes('%')
    ? 'malformed'
    : { length, speaker: 'client', address, reachedPort: Number(port) };
}

/** Decimal, in its shortest form. */
function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Version and command, once that byte is here. */
function soundHead(bytes: Buffer): 'incomplete' | 'malformed' {
  const versionAndCommand = bytes[12];
  const sound = versionAndCommand === undefined || versionAndCommand === 0x20 || versionAndCommand === 0x21;
  return sound ? 'incomplete' : 'malformed';
}

function readVersion2(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  if (soundHead(bytes) === 'malformed') return 'malformed';
  const isLocal = bytes[12] === 0x20;
  const family = (bytes[13] as number) >> 4;
  const transport = (bytes[13] as number) & 0x0f;
  const rest = bytes.readUInt16BE(14);
  if (rest > V2_MAX_REST_BYTES) return 'malformed';
  const length = V2_HEAD_BYTES + rest;
  if (!isLocal) {
    const addressBytes = ADDRESS_BYTES[family];
    if (addressBytes === undefined || transport > 2 || rest < addressBytes) return 'malformed';
  }
  if (bytes.length < length) return 'incomplete';
  if (isLocal) return unnamed(length, 'proxy');
  // What is no TCP over IP says nothing of a client of ours; the header is taken as one without addresses.
  if (transport !== 1 || (family !== 1 && family !== 2)) return unnamed(length, 'unknown');
  return family === 1
    ? {
        length,
        speaker: 'client',
        address: bytes.subarray(16, 20).join('.'),
        reachedPort: bytes.readUInt16BE(26),
      }
    : {
        length,
        speaker: 'client',
        address: ipv6Text(bytes.subarray(16, 32)),
        reachedPort: bytes.readUInt16BE(50),
      };
}

/** Bytes that the addresses of a family take: none, IPv4, IPv6, UNIX. */
const ADDRESS_BYTES: readonly (number | undefined)[] = [0, 12, 36, 216];

function ipv6Text(address: Buffer): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(address.readUInt16BE(i).toString(16));
  return canonicalAddress(groups.join(':')) as string;
}

function unnamed(length: number, speaker: 'unknown' | 'proxy'): ProxyHeader {
  return { length, speaker, address: '', reachedPort: 0 };
}
