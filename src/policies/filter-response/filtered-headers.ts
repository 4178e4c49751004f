import type { RawHeaders } from '../../contracts/raw-headers.js';
import { BYTE_FIELDS } from '../json-body/byte-fields.js';

/**
 * An ETag goes with the fields of the bytes: it is often a hash of the whole body, from which a short field can be guessed
 * back (RFC 9110, section 8.8.3). `Last-Modified` stays, for it describes the resource and not its bytes.
 */
const isOfTheBytes = (name: string): boolean => name === 'etag' || BYTE_FIELDS.has(name);

/** The headers of an answer whose body is filtered: its type is JSON in UTF-8, whatever it claimed. */
export function filteredHeaders(headers: RawHeaders): string[] {
  const kept: string[] = [];
  let typed = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const folded = name.toLowerCase();
    if (isOfTheBytes(folded)) continue;
    if (folded !== 'content-type') kept.push(name, value);
    else if (!typed) {
      typed = true;
      kept.push(name, isJsonInUtf8(value) ? value : JSON_IN_UTF8);
    }
  }
  if (!typed) kept.push('Content-Type', JSON_IN_UTF8);
  return kept;
}

/** The headers of an answer that is sent without a body: what described the body goes, its type too when asked. */
export function bodilessHeaders(headers: RawHeaders, withType: boolean): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const folded = (headers[i] as string).toLowerCase();
    if (isOfTheBytes(folded) || (!withType && folded === 'content-type')) continue;
    kept.push(headers[i] as string, headers[i + 1] as string);
  }
  return kept;
}

const JSON_IN_UTF8 = 'application/json; charset=utf-8';

const JSON_TYPE = /^(?:application|text)\/(?:[^\s;]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

function isJsonInUtf8(type: string): boolean {
  if (type === 'application/json' || type === JSON_IN_UTF8) return true;
  if (!JSON_TYPE.test(type)) return false;
  const charset = CHARSET.exec(type)?.[1]?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8';
}
