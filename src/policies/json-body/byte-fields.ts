import type { RawHeaders } from '../../contracts/raw-headers.js';

/** Fields that describe the very bytes of a body, so that they are wrong once it is written anew. */
export const BYTE_FIELDS: ReadonlySet<string> = new Set([
  'content-encoding', // RFC 9110, section 8.4
  'content-length', // RFC 9110, section 8.6
  'content-range', // RFC 9110, section 14.4
  'accept-ranges', // RFC 9110, section 14.3
  'content-md5', // RFC 1864
  'digest', // RFC 3230
  'content-digest', // RFC 9530, section 2
  'repr-digest', // RFC 9530, section 3
]);

/** A copy without them. */
export function withoutByteFields(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!BYTE_FIELDS.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
