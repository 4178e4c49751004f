import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { PlannedRoute } from '../../routing/planned-route.js';

/**
 * Puts a body back that somebody in front of the route has read: a body parser of the application, for instance.
 * The bytes it kept as `rawBody` are sent on; what it parsed is never serialised again.
 *
 * @throws GatewayError `internal` when the bytes are gone: waiting for them would hang the request
 */
export function recoverBody(
  exchange: Exchange,
  route: PlannedRoute,
  req: { readonly rawBody?: unknown },
): void {
  const { body } = exchange;
  if (body === undefined || Buffer.isBuffer(body) || !body.stream.readableDidRead) return;
  if (!Buffer.isBuffer(req.rawBody)) {
    throw new GatewayError('internal', {
      cause: new Error(
        'The body was read before the gateway could forward it: create the application with bodyParser: false or rawBody: true, and keep body parsers off proxied paths.',
      ),
    });
  }
  exchange.body = req.rawBody;
  route.prepare(exchange);
}
