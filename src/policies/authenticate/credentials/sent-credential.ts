import type { Exchange } from '../../../contracts/exchange.js';
import { queryValues } from '../../../contracts/query-parameters.js';
import { cookieValues, unquoted } from './cookie-crumbs.js';
import { type CredentialPlace, placeOf } from './credential-place.js';
import { REPEATED } from './repeated.js';

/** The one credential of a request; `undefined` when none was sent, `''` when its place is empty. */
export type SentCredential = (exchange: Exchange) => string | undefined | typeof REPEATED;

export interface ReadingRules {
  /** Takes the quotes from around a cookie's value. */
  readonly quotedCookies: boolean;
}

/** Looks into each of these places, and for a second one: gateway and upstream must never read two. */
export function sentCredential(places: readonly CredentialPlace[], rules: ReadingRules): SentCredential {
  const readers = places.map((place) => readerOf(place, rules));
  const [only, ...more] = readers;
  if (only !== undefined && more.length === 0) return only;
  return (exchange) => {
    let found: string | undefined;
    for (const read of readers) {
      const sent = read(exchange);
      if (sent === undefined) continue;
      if (sent === REPEATED || found !== undefined) return REPEATED;
      found = sent;
    }
    return found;
  };
}

function readerOf(place: CredentialPlace, { quotedCookies }: ReadingRules): SentCredential {
  const { kind, name } = placeOf(place);
  switch (kind) {
    case 'header':
      return headerReader(name);
    case 'query':
      return ({ query }) => only(queryValues(query, name));
    case 'cookie':
      return ({ req }) => {
        const sent = only(cookieValues(req.rawHeaders, name));
        return quotedCookies && typeof sent === 'string' ? unquoted(sent) : sent;
      };
  }
}

/** From the raw fields: node:http joins two into one value. */
function headerReader(name: string): SentCredential {
  const { length } = name;
  const lower = name.toLowerCase();
  return ({ req: { rawHeaders } }) => {
    let found: string | undefined;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const field = rawHeaders[i] as string;
      if (field.length !== length || (field !== name && field.toLowerCase() !== lower)) continue;
      if (found !== undefined) return REPEATED;
      found = rawHeaders[i + 1] as string;
    }
    return found;
  };
}

function only(values: readonly string[]): string | undefined | typeof REPEATED {
  return values.length > 1 ? REPEATED : values[0];
}
