import { show } from '../contracts/option-check.js';
import { isHost } from './host-name.js';

/** Where a target listens. */
export interface TargetAddress {
  /** Lower-case; an IPv6 address without its brackets, as `net.connect` takes it. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** scheme, authority, and whatever follows it. The characters RFC 3986 gives a meaning end each part. */
const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)(.*)$/is;
const AUTHORITY = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/;

/**
 * Reads a target's base URL, `http://host:port` or `https://host:port`, or says in a sentence what is wrong and what mends it.
 *
 * Not WHATWG's parser: that maps Unicode hosts, octal addresses and backslashes to something else without a word,
 * and a target must be what its line says.
 */
export function parseTargetUrl(url: string): TargetAddress | string {
  const parts = URL_PARTS.exec(url);
  if (parts === null) return `is ${show(url)}; must be a URL such as http://user-service:3001.`;
  const [, scheme = '', authority = '', rest = ''] = parts;
  // Before anything that shows the URL: a password must not reach a log.
  if (authority.includes('@')) {
    return 'carries a user name or password; leave it out and set the header in the controller.';
  }
  const shown = show(url);
  const protocol = scheme.toLowerCase();
  if (protocol !== 'http' && protocol !== 'https') {
    return `is ${shown}; must start with http:// or https://.`;
  }
  if (rest !== '' && rest !== '/') {
    return rest.startsWith('/')
      ? `is ${shown}, with a path or query; must end after the port. Give the path as the controller's upstreamPath.`
      : `is ${shown}; must end after the port.`;
  }
  const [, bracketed, plain, digits] = AUTHORITY.exec(authority) ?? [];
  const host = (bracketed ?? plain ?? '').toLowerCase();
  if (!isHost(host) || (bracketed !== undefined && !host.includes(':'))) {
    return `is ${shown}; its host must be a name of ASCII letters, digits, hyphens and dots, or an IP address.`;
  }
  const tls = protocol === 'https';
  const port = digits === undefined ? (tls ? 443 : 80) : Number(digits);
  if (port < 1 || port > 65_535) return `is ${shown}; its port must be 1–65535.`;
  return { host, port, tls };
}
