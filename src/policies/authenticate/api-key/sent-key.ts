import type { Exchange } from '../../../contracts/exchange.js';
import { queryValues } from '../../../contracts/query-parameters.js';
import { type ApiKeySource, placeOf } from './api-key.source.js';
import { cookieValues } from './cookie-crumbs.js';

/** Stands for a key that was sent in two places, or twice in one. */
export const REPEATED = Symbol('repeated');

/** The one key of a request; `undefined` when none was sent, `''` when its place is empty. */
export type SentKey = (exchange: Exchange) => string | undefined | typeof REPEATED;

/** Looks for the key in each of these places, and for a second one: gateway and upstream must never read two. */
export function sentKey(sources: readonly ApiKeySource[]): SentKey {
  const readers = sources.map(readerOf);
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

function readerOf(source: ApiKeySource): SentKey {
  const { place, name } = placeOf(source);
  switch (place) {
    case 'header':
      return headerReader(name);
    case 'query':
      return ({ query }) => only(queryValues(query, name));
    case 'cookie':
      return ({ req }) => only(cookieValues(req.rawHeaders, name));
  }
}

/** From the raw fields: node:http joins two into one value. */
function headerReader(name: string): SentKey {
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
