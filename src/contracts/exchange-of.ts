import type { DownstreamRequest } from './downstream.js';
import type { Exchange } from './exchange.js';
import { GatewayError } from './gateway-error.js';

const EXCHANGE = Symbol('portcullis.exchange');

type Carrier = DownstreamRequest & { [EXCHANGE]?: Exchange };

/** Ties a request to its exchange, so that a guard or interceptor that is handed the request finds it. */
export function attachExchange(req: DownstreamRequest, exchange: Exchange): void {
  // A symbol property costs a fraction of a WeakMap entry and dies with the request.
  (req as Carrier)[EXCHANGE] = exchange;
}

/** The exchange of a request; `undefined` when the gateway's edge never saw it. */
export function exchangeOf(req: DownstreamRequest): Exchange | undefined {
  return (req as Carrier)[EXCHANGE];
}

/**
 * The exchange of a request, for an enhancer that cannot work without one.
 *
 * @throws GatewayError `internal` when the request did not come through the gateway's edge
 */
export function requireExchange(req: DownstreamRequest, enhancer: string): Exchange {
  const exchange = exchangeOf(req);
  if (exchange !== undefined) return exchange;
  throw new GatewayError('internal', {
    cause: new Error(
      `${enhancer} was given a request that did not come through the gateway; start the application with createGateway().`,
    ),
  });
}
