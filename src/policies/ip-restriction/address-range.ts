import { isIP } from 'node:net';

/** An address as a number, in its family. IPv4 that is written as IPv6 is IPv4 (RFC 4291, section 2.5.5.2). */
export interface AddressNumber {
  readonly family: 4 | 6;
  readonly value: number | bigint;
}

/** The addresses that share their first `prefix` bits with `first`, which is the lowest of them. */
export interface AddressRange extends AddressNumber {
  readonly prefix: number;
}

const MAPPED_BITS = 96;
const MAPPED_PREFIX = 0xffffn;

/** The number of an address; `undefined` for what is none, and for one with a zone. */
export function parseAddress(text: string): AddressNumber | undefined {
  const v4 = ipv4Number(text);
  if (v4 !== undefined) return { family: 4, value: v4 };
  if (!text.includes(':') || text.includes('%') || isIP(text) !== 6) return undefined;
  const value = ipv6Number(text);
  return value >> 32n === MAPPED_PREFIX
    ? { family: 4, value: Number(value & 0xffff_ffffn) }
    : { family: 6, value };
}

/** The range that `10.0.0.0/8` or a single address writes; else what is wrong with it, behind the entry. */
export function parseRange(entry: unknown): AddressRange | string {
  const range = readRange(entry);
  if (typeof range === 'string') return range;
  // 10.0.0.1/8 is a slip of one of its two numbers, and each mends to another range.
  return masked(range, range.prefix) === range.value ? range : 'has bits set behind its prefix';
}

/** The same as other products read it: bits that are set behind the prefix count for nothing. */
export function parseMaskedRange(entry: unknown): AddressRange | string {
  const range = readRange(entry);
  return typeof range === 'string' ? range : { ...range, value: masked(range, range.prefix) };
}

function readRange(entry: unknown): AddressRange | string {
  const [text = '', length, ...rest] = typeof entry === 'string' ? entry.split('/') : [];
  const address = parseAddress(text);
  if (address === undefined || rest.length > 0) return 'is neither an IP address nor a CIDR range';
  const written = text.includes(':') ? 128 : 32;
  const bits = length === undefined ? written : /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) : -1;
  if (bits < 0 || bits > written) return `has no prefix length of 0–${written}`;
  const prefix = address.family === 4 && written === 128 ? bits - MAPPED_BITS : bits;
  // Half of such a range would be IPv4 and the other half reserved: nobody means that.
  if (prefix < 0) return `takes in more than the IPv4 addresses; must have a prefix length of 96–128`;
  return { ...address, prefix };
}

/** The lowest address that shares the first bits with this one. */
export function masked({ family, value }: AddressNumber, prefix: number): number | bigint {
  if (family === 6) {
    const rest = BigInt(128 - prefix);
    return ((value as bigint) >> rest) << rest;
  }
  // A shift by 32 is one by 0.
  return prefix === 0 ? 0 : ((value as number) & (-1 << (32 - prefix))) >>> 0;
}

/** The number of a dotted quad in decimals without leading zeros; `undefined` for everything else. */
function ipv4Number(text: string): number | undefined {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (digits === 0 || dots === 3) return undefined;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
      dots++;
      continue;
    }
    if (code < 0x30 || code > 0x39 || (digits > 0 && octet === 0)) return undefined;
    octet = octet * 10 + code - 0x30;
    digits++;
    if (octet > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : undefined;
}

/** Only for what is an IPv6 address, in any spelling: groups of hexadecimal digits, one gap, a dotted quad at the end. */
function ipv6Number(text: string): bigint {
  const gap = text.indexOf('::');
  const head = gap < 0 ? text : text.slice(0, gap);
  const digits = hexadecimal(head);
  const tail = gap < 0 ? '' : hexadecimal(text.slice(gap + 2));
  return BigInt(`0x${digits.padEnd(32 - tail.length, '0')}${tail}`);
}

/** Four digits for each group. */
function hexadecimal(groups: string): string {
  if (groups === '') return '';
  let digits = '';
  for (const group of groups.split(':')) {
    digits += group.includes('.')
      ? (ipv4Number(group) as number).toString(16).padStart(8, '0')
      : group.padStart(4, '0');
  }
  return digits;
}
