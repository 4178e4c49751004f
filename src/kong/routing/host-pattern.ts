/** Which side of a host the wildcard stands on. */
export type HostKind = 'plain' | 'left' | 'right';

/** One host of a route. */
export interface HostPattern {
  readonly kind: HostKind;
  /** The host, or what stands beside the wildcard and its dot: `example.com` for `*.example.com`. */
  readonly name: string;
  /** `undefined` takes every port. */
  readonly port: number | undefined;
}

/** RFC 1035, section 2.3.4. A request with a longer one names nobody. */
export const MAX_HOST_LENGTH = 255;

/** An address in brackets, or anything without a colon; then a port. */
const HOST = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/;
const WILDCARD = '*';

/** Reads a host as Kong writes it; else what is wrong with it. */
export function parseHost(text: string): HostPattern | string {
  const [, written, digits] = HOST.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (written === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
    return 'must be a name or an address, and may end with a port of 1–65535; write an IPv6 address in brackets';
  }
  const host = comparableHost(written.toLowerCase());
  const kind = host.startsWith('*.') ? 'left' : host.endsWith('.*') ? 'right' : 'plain';
  const name = kind === 'left' ? host.slice(2) : kind === 'right' ? host.slice(0, -2) : host;
  if (name.includes(WILDCARD)) {
    return `has a '*' that is not the whole first or last label; write one, as in '*.example.com' or 'example.*'`;
  }
  if (name === '') return 'names no host; leave it out to take every host';
  if (name.length > MAX_HOST_LENGTH) {
    return `has ${name.length} characters; must be at most ${MAX_HOST_LENGTH}, as no request's host is longer`;
  }
  return { kind, name, port };
}

/** A host without what says nothing: the brackets of an address, and the dot at the end that means the root. */
export function comparableHost(host: string): string {
  if (host.startsWith('[') && host.endsWith(']')) return host.slice(1, -1);
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
