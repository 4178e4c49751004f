import type { Exchange } from '../../contracts/exchange.js';
import type { Dress } from '../../contracts/policy.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import { requestIdOf } from './kong-terms.js';

const VIA = '1.1 portcullis';

/** The fields that Kong puts on answers, in place of an upstream's of the same names. */
const OWN: ReadonlySet<string> = new Set([
  'x-kong-upstream-latency',
  'x-kong-proxy-latency',
  'x-kong-response-latency',
  'x-kong-request-id',
]);

/**
 * Gives answers the fields of Kong: how long the upstream and the gateway took, or the gateway alone where it answered,
 * and the request's id.
 */
export function kongHeaders(now: () => number): Dress {
  return (exchange, headers) => {
    const fields = withoutOwn(headers);
    const totalMs = now() - exchange.startedAt;
    if (isProxied(exchange)) {
      const upstreamMs = Math.round(exchange.upstreamMs);
      fields.push('X-Kong-Upstream-Latency', String(upstreamMs));
      fields.push('X-Kong-Proxy-Latency', String(Math.max(0, Math.round(totalMs) - upstreamMs)));
      fields.push('Via', VIA);
    } else fields.push('X-Kong-Response-Latency', String(Math.round(totalMs)));
    fields.push('X-Kong-Request-Id', requestIdOf(exchange));
    return fields;
  };
}

function isProxied({ upstreamStatus, error }: Exchange): boolean {
  return upstreamStatus !== 0 && error === undefined;
}

function withoutOwn(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    // Only names that long and with that start are worth lower-casing.
    if (name.length >= 17 && OWN.has(name.toLowerCase())) continue;
    kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
