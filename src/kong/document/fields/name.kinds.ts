import { isIPv4, isIPv6 } from 'node:net';
import { text } from './text.kinds.js';

/** What entities are called by: of ASCII only these signs, of the rest everything. */
export const entityName = text('a name', (name) =>
  /^[0-9A-Za-z._~ \u0080-\u{10FFFF}-]+$/u.test(name)
    ? undefined
    : 'a name of letters, digits, spaces, and . _ ~ - alone',
);

// RFC 9110, section 5.6.2.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function isHeaderName(name: string): boolean {
  return TOKEN.test(name);
}

export const headerName = text('the name of a header', (name) =>
  TOKEN.test(name) ? undefined : "the name of a header: letters, digits and !#$%&'*+.^_`|~-",
);

// RFC 6265, section 4.1.1: a token.
export const cookieName = text('the name of a cookie', (name) =>
  TOKEN.test(name) ? undefined : 'the name of a cookie, without spaces, separators and quotes',
);

/** Whether a lower-case text is a host name as Kong takes it (underscores too), without a port. */
export function isHostName(host: string): boolean {
  return host.length <= 253 && /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?$/.test(host) && !host.includes('..');
}

/** A name or an address; an IPv6 address with or without brackets. */
export function isHostOrAddress(host: string): boolean {
  return isIPv4(host) || isIPv6(withoutBrackets(host)) || (!looksNumeric(host) && isHostName(host));
}

export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** `127.1` is an address to some resolvers and a name to others. */
function looksNumeric(host: string): boolean {
  return /^(\d+|0x[0-9a-f]*)$/.test(host.replace(/\.$/, '').split('.').at(-1) ?? '');
}

/** An address or a CIDR range as Kong takes it. */
export function isAddressRange(range: string): boolean {
  const [address = '', bits, ...rest] = range.split('/');
  if (rest.length > 0) return false;
  const most = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : -1;
  if (most < 0) return false;
  return bits === undefined || (/^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= most);
}

export const addressRange = text('an IP address or a CIDR range', (range) =>
  isAddressRange(range) ? undefined : 'an IP address or a CIDR range, 10.0.0.0/8',
);

/** `a.b.c`, with `*` for the leftmost or the rightmost label. */
export function isHostPattern(pattern: string): boolean {
  const stars = pattern.split('*').length - 1;
  if (stars === 0) return isHostOrAddress(pattern);
  if (stars > 1) return false;
  if (pattern.startsWith('*.')) return isHostName(pattern.slice(2));
  return pattern.endsWith('.*') && isHostName(pattern.slice(0, -2));
}
