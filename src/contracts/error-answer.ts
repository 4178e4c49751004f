import type { Exchange } from './exchange.js';
import type { GatewayError } from './gateway-error.js';
import type { UpstreamResponse } from './upstream-response.js';

/**
 * Writes an error in the format of the route it happened on, in place of a problem document. `undefined` leaves it to
 * the edge. It must not throw.
 */
export type ErrorAnswer = (exchange: Exchange, error: GatewayError) => UpstreamResponse;
