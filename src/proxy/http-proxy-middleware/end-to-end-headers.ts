import { HOP_BY_HOP } from '../hop-by-hop.js';
import { nominatedHeaders } from '../request/nominated-headers.js';
import type { ResponseHead } from './response-head.js';

/** The end-to-end fields of a captured response, flat; connection-bound fields and framing are left out (RFC 9110, section 7.6.1). */
export function endToEndHeaders(head: ResponseHead): string[] {
  const connection = head.getHeader('connection');
  const nominated =
    connection === undefined ? undefined : nominatedHeaders([connection].flat().join(','), undefined);
  const headers: string[] = [];
  for (const name of head.getRawHeaderNames()) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower === 'content-length' || lower === 'transfer-encoding') continue;
    if (nominated?.has(lower) === true) continue;
    const value = head.getHeader(name);
    if (typeof value === 'object') for (const one of value) headers.push(name, one);
    else headers.push(name, String(value));
  }
  return headers;
}

/** The body length the headers promise; `undefined` when they promise none. */
export function promisedLength(head: ResponseHead): number | undefined {
  const value = head.getHeader('content-length');
  return value !== undefined && /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined;
}
