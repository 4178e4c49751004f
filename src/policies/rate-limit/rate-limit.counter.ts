import { createHash } from 'node:crypto';
import type { Exchange } from '../../contracts/exchange.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { Count } from './fixed-window.js';
import type { LimitStore } from './limit-store.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';

/** Counts a request against its key; a promise only when the store must be asked over the network. */
export type Counter = (exchange: Exchange) => Count | Promise<Count>;
type CountKey = (key: string) => Count | Promise<Count>;

/** A longer key of a team's own making is replaced by its digest, so that keys are bounded in size too. */
const LONGEST_KEY = 256;

/** Binds a limit to its store and its key once, at boot. */
export function counterOf(
  limit: ResolvedRateLimit,
  route: RouteFacts,
  store: LimitStore,
  subnetOf: (address: string) => string,
): Counter {
  const { by } = limit;
  // Each kind of key counts apart: a subject that calls itself 10.0.0.1 is not that address.
  const open = (kind: string): CountKey => {
    const { bucket, windowMs, limit: most, name, fail } = limit;
    const limiter = store.open({ bucket: `${bucket}:${kind}`, windowMs, limit: most, name, fail });
    return (key) => limiter.hit(key, 1);
  };
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
