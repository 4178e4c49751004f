import type { Exchange } from '../../contracts/exchange.js';
import type { UpstreamTerms } from '../../contracts/upstream-terms.js';
import { kongRequestId } from './request-id.js';

const NAMES: ReadonlySet<string> = new Set([
  'x-real-ip',
  'x-forwarded-path',
  'x-forwarded-prefix',
  'x-kong-request-id',
]);

/** What Kong tells an upstream of one request, beside what the gateway tells all. */
export class KongTerms implements UpstreamTerms {
  readonly names = NAMES;
  readonly requestId: string;

  constructor(
    exchange: Exchange,
    readonly preserveHost: boolean,
    /** The part of the path that was stripped; `undefined` where it stays. */
    private readonly prefix: string | undefined,
  ) {
    this.requestId = kongRequestId(exchange.correlationId);
  }

  fields(exchange: Exchange): readonly string[] {
    const fields = ['X-Real-IP', exchange.clientAddress, 'X-Forwarded-Path', exchange.path];
    if (this.prefix !== undefined && this.prefix !== '/') fields.push('X-Forwarded-Prefix', this.prefix);
    fields.push('X-Kong-Request-Id', this.requestId);
    return fields;
  }
}

/** The id of a request, also of one that no route took. */
export function requestIdOf({ upstreamTerms, correlationId }: Exchange): string {
  return upstreamTerms instanceof KongTerms ? upstreamTerms.requestId : kongRequestId(correlationId);
}
