import { createHash } from 'node:crypto';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Exchange } from '../../contracts/exchange.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { Count } from './fixed-window.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';
import { MemoryRateLimitStore } from './rate-limit.store.js';

/** Counts a request against its key; a promise only when the store must be asked over the network. */
export type Counter = (exchange: Exchange) => Count | Promise<Count>;
type CountKey = (key: string) => Count | Promise<Count>;

/** A longer key of a team's own making is replaced by its digest, so that keys are bounded in size too. */
const LONGEST_KEY = 256;

/** Binds a limit to its store and its key once, at boot. */
export function counterOf(
  limit: ResolvedRateLimit,
  route: RouteFacts,
  storage: ThrottlerStorage,
  subnetOf: (address: string) => string,
): Counter {
  const { by } = limit;
  // Each kind of key counts apart: a subject that calls itself 10.0.0.1 is not that address.
  const open = (kind: string): CountKey => openKind(limit, kind, storage);
  switch (by) {
    case 'address': {
      const count = open('address');
      return (exchange) => count(subnetOf(exchange.clientAddress));
    }
    case 'route': {
      const count = open('route');
      return () => count(route.id);
    }
    case 'upstream': {
      const count = open('upstream');
      const key = route.upstream ?? '';
      return () => count(key);
    }
    case 'subject':
    case undefined: {
      const bySubject = open('subject');
      const byAddress = open('address');
      return (exchange) => {
        const subject = exchange.principal?.subject;
        return subject === undefined ? byAddress(subnetOf(exchange.clientAddress)) : bySubject(subject);
      };
    }
    default: {
      const count = open('own');
      return (exchange) => {
        const key = by(exchange);
        return count(key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('base64url'));
      };
    }
  }
}

function openKind(limit: ResolvedRateLimit, kind: string, storage: ThrottlerStorage): CountKey {
  const { bucket, windowMs, name, limit: most } = limit;
  if (storage instanceof MemoryRateLimitStore) {
    const window = storage.open(`${bucket} ${kind}`, windowMs);
    return (key) => window.hit(key, most);
  }
  return async (key) => {
    const record = await storage.increment(`${bucket}:${kind}:${key}`, windowMs, most, windowMs, name);
    return record.isBlocked
      ? { hits: most + 1, resetSeconds: record.timeToBlockExpire }
      : { hits: Math.min(record.totalHits, most), resetSeconds: record.timeToExpire };
  };
}
