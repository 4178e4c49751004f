import type { IncomingHttpHeaders } from 'node:http';
import type { RawHeaders } from '../../contracts/raw-headers.js';

/** Fields of which node keeps the first and drops the rest: https://nodejs.org/api/http.html#messageheaders */
const FIRST_WINS = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/** The header object node:http would make of raw headers: lower-case names, repeated fields joined. */
export function nodeHeaders(raw: RawHeaders): IncomingHttpHeaders {
  // Without a prototype, so that a field named `__proto__` is a field like any other.
  const headers: IncomingHttpHeaders = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    const before = headers[name];
    if (name === 'set-cookie') headers[name] = [...(headers[name] ?? []), value];
    else if (before === undefined) headers[name] = value;
    else if (!FIRST_WINS.has(name)) headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}
