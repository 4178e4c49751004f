import { isIPv4, isIPv6 } from 'node:net';

/** A name of letters, digits, hyphens and underscores, or an IPv4 address; or an address in brackets; then a port. */
const HOST = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w-]+(?:\.[\w-]+)*\.?))(?::(\d{0,5}))?$/;
const ONLY_NUMBERS = /^[\d.]+$/;

/** RFC 1035, section 2.3.4: 255 bytes for a name, and then `:65535`. */
const MAX_LENGTH = 261;
const MAX_PORT = 65_535;
/** As many as a gateway may serve under; a client that makes names up pushes out no more than this. */
const REMEMBERED = 256;

/**
 * Judges `Host` values by RFC 9110, section 7.2, more narrowly than RFC 3986 spells names: no escapes, no userinfo,
 * nothing that an upstream, a log or a cache key could read as more than a name and a port. An empty one names nobody.
 */
export class RequestHosts {
  /** Sound ones only: whoever sends another pays for the reading himself. */
  readonly #sound = new Set<string>();

  isSound(host: string): boolean {
    return this.#sound.has(host) || this.#learn(host);
  }

  #learn(host: string): boolean {
    if (!isSoundHost(host)) return false;
    if (this.#sound.size >= REMEMBERED) this.#sound.delete(this.#sound.values().next().value as string);
    this.#sound.add(host);
    return true;
  }
}

/** Whether a value is `uri-host [ ":" port ]` with a host that is not empty. */
export function isSoundHost(value: string): boolean {
  if (value.length > MAX_LENGTH) return false;
  const match = HOST.exec(value);
  if (match === null) return false;
  const [, address, name, port] = match;
  if (port !== undefined && Number(port) > MAX_PORT) return false;
  if (address !== undefined) return isIPv6(address);
  // `127.1` or `2130706433` is a name by the grammar, and an address to whoever resolves it.
  return !ONLY_NUMBERS.test(name as string) || isIPv4(name as string);
}

/** Whether two sound values name the same host and port; a missing or empty port is the scheme's own (RFC 9110, section 4.2.3). */
export function isSameHost(one: string, other: string, secure: boolean): boolean {
  return one === other || fullHost(one, secure) === fullHost(other, secure);
}

function fullHost(value: string, secure: boolean): string {
  const host = value.toLowerCase();
  const colon = host.lastIndexOf(':');
  const bare = colon < 0 || host.endsWith(']');
  const port = bare ? '' : host.slice(colon + 1);
  return `${bare ? host : host.slice(0, colon)}:${port === '' ? (secure ? 443 : 80) : Number(port)}`;
}
