import type { ServerResponse } from 'node:http';
import type { Exchange } from '../../contracts/exchange.js';
import type { Dress } from '../../contracts/policy.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';

/** What the client was answered, as far as it is known behind the answer. */
export interface SentReply {
  /** Flat name/value pairs. */
  readonly headers: RawHeaders;
  /** When it began, on the monotonic clock; `undefined` when there was none. */
  readonly startedAt: number | undefined;
}

interface Begun {
  readonly headers: RawHeaders;
  readonly at: number;
}

/** Where several logs stand on a route, the last one sees what all the others see. */
const BEGUN = new WeakMap<Exchange, Begun>();

/** Notes the fields of answers and changes none. */
export function noteReply(now: () => number): Dress {
  return (exchange, headers) => {
    BEGUN.set(exchange, { headers, at: now() });
    return headers;
  };
}

export function sentReply(exchange: Exchange): SentReply {
  const begun = BEGUN.get(exchange);
  // What Express writes is on its own response.
  if (exchange.handedOver && (begun === undefined || begun.headers.length === 0)) {
    return { headers: fieldsOf(exchange.res as ServerResponse), startedAt: begun?.at };
  }
  if (begun === undefined) return { headers: [], startedAt: undefined };
  const own = ['X-Correlation-ID', exchange.correlationId];
  return { headers: [...begun.headers, ...exchange.replyHeaders, ...own], startedAt: begun.at };
}

function fieldsOf(res: ServerResponse): string[] {
  return Object.entries(res.getHeaders()).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [String(value)]).flatMap((one) => [name, one]),
  );
}
