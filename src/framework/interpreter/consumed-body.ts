import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { restoreBody } from '../../edge/restore-body.js';
import type { PlannedRoute } from '../../routing/planned-route.js';

/**
 * {@link restoreBody} for a route that was entered already.
 *
 * @throws GatewayError `internal` when the bytes are gone: waiting for them would hang the request
 */
export function recoverBody(
  exchange: Exchange,
  route: PlannedRoute,
  req: { readonly rawBody?: unknown },
): void {
  const found = restoreBody(exchange, req);
  if (found === 'untouched') return;
  if (found === 'gone') {
    throw new GatewayError('internal', {
      cause: new Error(
        'The body was read before the gateway could forward it: create the application with bodyParser: false or rawBody: true, and keep body parsers off proxied paths.',
      ),
    });
  }
  route.prepare(exchange);
}
