import { createHash } from 'node:crypto';
import { claimReader } from '../../contracts/claim-reader.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { Count } from './fixed-window.js';
import type { LimitStore } from './limit-store.js';
import type { CostOf } from './rate-limit.cost.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';

/** Counts a request against its key; a promise only when the store must be asked over the network. */
export type Counter = (exchange: Exchange) => Count | Promise<Count>;
type CountKey = (key: string, exchange: Exchange) => Count | Promise<Count>;

/** A longer key of a client's or a team's own making is replaced by its digest, so that keys are bounded in size too. */
const LONGEST_KEY = 256;

/** Binds a limit to its store and its key once, at boot. */
export function counterOf(
  limit: ResolvedRateLimit,
  route: RouteFacts,
  store: LimitStore,
  subnetOf: (address: string) => string,
  cost: CostOf | undefined,
): Counter {
  const { by } = limit;
  // Each kind of key counts apart: a subject that calls itself 10.0.0.1 is not that address.
  const open = (kind: string): CountKey => openKind(limit, kind, store, cost);
  const together = (kind: string, key: string): Counter => {
    const count = open(kind);
    return (exchange) => count(key, exchange);
  };
  /** Whoever has no such key counts by address, under a kind of its own unless another is named. */
  const named = (
    kind: string,
    keyOf: (exchange: Exchange) => string | undefined,
    otherwise = `no-${kind}`,
  ): Counter => {
    const count = open(kind);
    const byAddress = open(otherwise);
    return (exchange) => {
      const key = keyOf(exchange);
      return key === undefined || key === ''
        ? byAddress(subnetOf(exchange.clientAddress), exchange)
        : count(bounded(key), exchange);
    };
  };

  switch (by) {
    case 'address': {
      const count = open('address');
      return (exchange) => count(subnetOf(exchange.clientAddress), exchange);
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
      return headerCounter(by.header, named);
  }
}

function headerCounter(
  header: string,
  named: (kind: string, keyOf: (exchange: Exchange) => string | undefined) => Counter,
): Counter {
  const name = header.toLowerCase();
  return named(`header:${name}`, ({ req }) => joinedHeader(req.rawHeaders, name));
}

/** All values of a field as one text (RFC 9110, section 5.3): which of two an upstream believes is not ours to guess. */
function joinedHeader(headers: RawHeaders, lowerCaseName: string): string | undefined {
  let joined: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== lowerCaseName.length || name.toLowerCase() !== lowerCaseName) continue;
    const value = headers[i + 1] as string;
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}

/** A list or an object names nobody. */
function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function bounded(key: string): string {
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('base64url');
}

function openKind(
  limit: ResolvedRateLimit,
  kind: string,
  store: LimitStore,
  cost: CostOf | undefined,
): CountKey {
  const { bucket, windowMs, name, limit: most, fail } = limit;
  const limiter = store.open({ bucket: `${bucket} ${kind}`, windowMs, limit: most, name, fail });
  if (cost !== undefined) return (key, exchange) => limiter.hit(key, cost(exchange));
  return (key) => limiter.hit(key, 1);
}
