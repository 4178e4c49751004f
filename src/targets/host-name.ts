import { isIPv4, isIPv6 } from 'node:net';

/** RFC 1123, section 2.1: letters, digits and inner hyphens. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** A last label that could be read as a number makes the whole an address to some resolvers (`0x7f.1`, `127.1`). */
const NUMERIC = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * Whether a lower-case host is a plain ASCII name or an IP literal; IPv6 stands without brackets.
 *
 * What a resolver could read in its own way stays out: Unicode dots, NUL, short and octal addresses, zone ids.
 */
export function isHost(host: string): boolean {
  if (isIPv4(host)) return true;
  if (host.includes(':')) return isIPv6(host) && !host.includes('%');
  // One trailing dot makes a name absolute (RFC 1034, section 3.1) and saves Kubernetes' search list.
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  if (name.length > 253) return false;
  const labels = name.split('.');
  return labels.every((label) => LABEL.test(label)) && !NUMERIC.test(labels.at(-1) as string);
}
