import { randomUUID } from 'node:crypto';
import type { Exchange } from '../../contracts/exchange.js';
import { queryValues } from '../../contracts/query-parameters.js';
import { joinedHeader } from '../../contracts/raw-headers.js';
import { cookieValues } from '../../policies/authenticate/credentials/cookie-crumbs.js';
import type { KongHash, KongUpstream } from '../kong-configuration.js';

/** What a request is hashed by; `undefined` leaves its target to the turn. */
export type HashKey = (exchange: Exchange) => string | undefined;

/** The key of an upstream's requests, as its hash_on and hash_fallback say; `undefined` where it hashes nothing. */
export function hashKey({
  hashOn,
  hashFallback,
}: Pick<KongUpstream, 'hashOn' | 'hashFallback'>): HashKey | undefined {
  const first = keyOf(hashOn);
  const second = keyOf(hashFallback);
  if (first === undefined || second === undefined) return first;
  return (exchange) => first(exchange) ?? second(exchange);
}

function keyOf(hash: KongHash): HashKey | undefined {
  switch (hash.on) {
    case 'none':
      return undefined;
    case 'consumer':
      return ({ principal }) => principal?.consumer?.id ?? principal?.credential;
    case 'ip':
      return ({ clientAddress }) => clientAddress;
    case 'path':
      return ({ path }) => path;
    case 'header': {
      const name = hash.name.toLowerCase();
      return ({ req }) => joinedHeader(req.rawHeaders, name);
    }
    case 'query_arg':
      return ({ query }) => {
        const values = queryValues(query, hash.name);
        // The same values in another order are the same to Kong.
        return values.length === 0 ? undefined : values.toSorted().join(',');
      };
    case 'uri_capture':
      return (exchange) => exchange.param(hash.name) || undefined;
    case 'cookie':
      return cookieKey(hash);
  }
}

/** A client without the cookie is given one, which leads it to the same target from then on. */
function cookieKey({ name, path }: Extract<KongHash, { readonly on: 'cookie' }>): HashKey {
  const given = new WeakMap<Exchange, string>();
  return (exchange) => {
    const [sent] = cookieValues(exchange.req.rawHeaders, name);
    const known = sent || given.get(exchange);
    if (known !== undefined) return known;
    const made = randomUUID();
    // Another attempt is for the same client.
    given.set(exchange, made);
    exchange.replyHeaders.push('Set-Cookie', `${name}=${made}; Path=${path}`);
    return made;
  };
}
