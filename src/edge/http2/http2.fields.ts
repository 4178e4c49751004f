import { isSameHost } from '../request-host.js';

/** What the header section of a request says, in the words of HTTP/1.1. */
export interface RequestHead {
  readonly method: string;
  /** `:path`: path and query, or `*`; `''` where there is none. */
  readonly url: string;
  /** Flat name/value pairs; `Host` first. */
  readonly rawHeaders: string[];
  /** Fields as they came, pseudo-header fields left out. */
  readonly fieldCount: number;
  /** Bytes of `:path`, `:authority` and of all names and values. */
  readonly fieldBytes: number;
}

/**
 * Reads the raw fields of a request (RFC 9113, section 8.3.1) as a request of HTTP/1.1: `:authority` becomes `Host`,
 * and the crumbs of a cookie are joined (section 8.2.3). The protocol's own rules were kept by nghttp2.
 *
 * A `host` field that says something else than `:authority` stays, so that there are two and nobody has to choose.
 */
export function readHead(raw: readonly string[], secure: boolean): RequestHead {
  let method = '';
  let url = '';
  let authority: string | undefined;
  let cookie: string | undefined;
  let hostAt = -1;
  let fieldCount = 0;
  let fieldBytes = 0;
  const rawHeaders: string[] = [];

  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (name.charCodeAt(0) === COLON) {
      if (name === ':method') method = value;
      else if (name === ':path') url = value;
      else if (name === ':authority') authority = value;
      fieldBytes += value.length;
      continue;
    }
    fieldCount++;
    fieldBytes += name.length + value.length;
    if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else {
      if (hostAt < 0 && name === 'host') hostAt = rawHeaders.length;
      rawHeaders.push(name, value);
    }
  }
  if (cookie !== undefined) rawHeaders.push('cookie', cookie);
  if (authority !== undefined) {
    const agrees = hostAt >= 0 && isSameHost(rawHeaders[hostAt + 1] as string, authority, secure);
    if (agrees) rawHeaders.splice(hostAt, 2);
    rawHeaders.unshift('Host', authority);
  }
  return { method, url, rawHeaders, fieldCount, fieldBytes };
}

const COLON = 0x3a;
