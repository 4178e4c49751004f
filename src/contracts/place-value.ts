import { isUtf8 } from 'node:buffer';
import type { ClientClaims } from './client-claims.js';
import type { Exchange } from './exchange.js';
import { applyEdits, foldHeaderName } from './header-edit.js';
import { queryValues } from './query-parameters.js';
import { joinedHeader, type RawHeaders } from './raw-headers.js';
import type { Place } from './value-template.js';

/**
 * What stands at a place in one exchange, as bytes, one a character: so a header that is not UTF-8 comes out as it went
 * in. `undefined` when it is absent.
 *
 * The request is read as it stands by now, so what an earlier policy took away is gone. A header in which no client is
 * believed is there only when the gateway wrote it.
 */
export function placeValue(
  exchange: Exchange,
  place: Exclude<Place, { readonly kind: 'uuid' }>,
  claims: ClientClaims,
): string | undefined {
  switch (place.kind) {
    case 'header':
      return header(exchange, place.name, claims);
    case 'query':
      return asBytes(queryValues(exchange.call?.query ?? exchange.query, place.name)[0]);
    case 'capture':
      return asBytes(
        typeof place.name === 'number' ? exchange.params[place.name - 1] : exchange.param(place.name),
      );
  }
}

/** A text of which each character is a byte, as a text: UTF-8 where it is that. */
export function asText(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString('utf8') : bytes;
}

function asBytes(text: string | undefined): string | undefined {
  return text === undefined || isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

const CORRELATION = 'x-correlation-id';
const NONE: RawHeaders = Object.freeze([]);

function header(exchange: Exchange, name: string, claims: ClientClaims): string | undefined {
  const value = exactHeader(exchange, name, claims);
  // Kong looks `x_name` up as `x-name` too, so that a name can stand behind a dot.
  if (value !== undefined || !name.includes('_')) return value;
  return exactHeader(exchange, name.replaceAll('_', '-'), claims);
}

function exactHeader(exchange: Exchange, name: string, claims: ClientClaims): string | undefined {
  if (name === CORRELATION) return exchange.correlationId;
  const { call, identity } = exchange;
  if (identity?.names.has(name) === true) return joinedHeader(identity.fields, name);
  const sent = claims.has(name) ? NONE : (call?.clientHeaders ?? exchange.req.rawHeaders);
  const edits = call?.headerEdits ?? [];
  return joinedHeader(edits.length === 0 ? sent : applyEdits(sent, edits, foldHeaderName), name);
}
