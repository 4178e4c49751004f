import { createHash } from 'node:crypto';
import { claimReader } from '../../../contracts/claim-reader.js';
import type { Exchange } from '../../../contracts/exchange.js';
import { joinedHeader } from '../../../contracts/raw-headers.js';
import type { RouteFacts } from '../../../contracts/route-facts.js';
import type { RateLimitBy } from '../rate-limit.options.js';

/** What is done to a key of one kind. */
export type ForKey<T> = (key: string, exchange: Exchange) => T;
/** How a key of one kind is written in its count, for whoever has it from elsewhere. */
export type AsCounted = (key: string) => string;

/** A longer key of a client's or a team's own making is replaced by its digest, so that keys are bounded in size too. */
const LONGEST_KEY = 256;

/**
 * Binds whom a limit counts to what is done about it, once, at boot.
 *
 * @param subnetOf the address as it is counted
 * @param open is called for each kind of key. Kinds count apart: a subject that calls itself 10.0.0.1 is not that address
 */
export function byKey<T>(
  by: RateLimitBy | undefined,
  route: RouteFacts,
  subnetOf: (address: string) => string,
  open: (kind: string, asCounted: AsCounted) => ForKey<T>,
): (exchange: Exchange) => T {
  const together = (kind: string, key: string) => {
    const act = open(kind, (given) => given);
    return (exchange: Exchange) => act(key, exchange);
  };
  /** Whoever has no such key counts by address, under a kind of its own unless another is named. */
  const named = (
    kind: string,
    keyOf: (exchange: Exchange) => string | undefined,
    otherwise = `no-${kind}`,
  ) => {
    const act = open(kind, bounded);
    const byAddress = open(otherwise, subnetOf);
    return (exchange: Exchange) => {
      const key = keyOf(exchange);
      return key === undefined || key === ''
        ? byAddress(subnetOf(exchange.clientAddress), exchange)
        : act(bounded(key), exchange);
    };
  };

  switch (by) {
    case 'address': {
      const act = open('address', subnetOf);
      return (exchange) => act(subnetOf(exchange.clientAddress), exchange);
    }
    case 'route':
      return together('route', route.id);
    case 'upstream':
      return together('upstream', route.upstream ?? '');
    case 'global':
      return together('global', '');
    case 'consumer':
      return named('consumer', ({ principal }) => principal?.consumer?.id);
    case 'api-key':
      return named('api-key', ({ principal }) =>
        principal?.method === 'api-key' ? principal.credential : undefined,
      );
    case 'subject':
    case undefined:
      return named('subject', ({ principal }) => principal?.subject, 'address');
    default:
      if (typeof by === 'function') return named('own', (exchange) => text(by(exchange)));
      if ('claim' in by) {
        const read = claimReader(by.claim);
        return named(`claim:${encodeURIComponent(by.claim)}`, ({ principal }) =>
          principal === undefined ? undefined : text(read(principal.claims)),
        );
      }
      return headerKey(by.header, named);
  }
}

function headerKey<T>(
  header: string,
  named: (kind: string, keyOf: (exchange: Exchange) => string | undefined) => T,
): T {
  const name = header.toLowerCase();
  return named(`header:${name}`, ({ req }) => joinedHeader(req.rawHeaders, name));
}

/** A list or an object names nobody. */
function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function bounded(key: string): string {
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('base64url');
}
