import type { Exchange } from '../contracts/exchange.js';
import { GatewayError } from '../contracts/gateway-error.js';
import { headerValue } from '../contracts/raw-headers.js';

/**
 * Puts a body back that somebody in front of the route has read: a body parser of the application, for instance.
 * The bytes it kept as `rawBody` are sent on; what it parsed is never serialised again.
 *
 * @returns `lost` when the bytes are gone: waiting for them would hang the request
 */
export function recoverBody(
  exchange: Exchange,
  { rawBody }: { readonly rawBody?: unknown },
): 'unread' | 'recovered' | 'lost' {
  const { body } = exchange;
  if (body === undefined || Buffer.isBuffer(body) || !body.stream.readableDidRead) return 'unread';
  // A parser keeps the bytes as they are without their coding, and the request still names it.
  const coding = headerValue(exchange.req.rawHeaders, 'content-encoding') ?? 'identity';
  if (!Buffer.isBuffer(rawBody) || coding.toLowerCase() !== 'identity') return 'lost';
  exchange.body = rawBody;
  return 'recovered';
}

export function bodyLost(): GatewayError {
  return new GatewayError('internal', {
    cause: new Error(
      'The body was read before the gateway could forward it: create the application with bodyParser: false or rawBody: true, and keep body parsers off proxied paths.',
    ),
  });
}
