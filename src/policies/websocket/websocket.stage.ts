import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import { WEBSOCKET } from './websocket.decorator.js';
import { checkHandshake, HOW } from './websocket.handshake.js';
import type { WebSocketOptions } from './websocket.options.js';
import { checkOrigin, originRule } from './websocket.origins.js';
import type { WebSocketSlots } from './websocket.slots.js';

const ASK: readonly string[] = Object.freeze([...HOW, 'Connection', 'Upgrade']);

/** Admits handshakes: those that are well-formed and come from a page that may, as many as there is room for. */
export function webSocketStage(options: Readonly<Required<WebSocketOptions>>, slots: WebSocketSlots): Stage {
  const allows = originRule(options.origins);
  return (exchange) => {
    if (!exchange.upgrading) {
      if (options.only) throw new GatewayError('upgrade-required', { headers: ASK, policy: WEBSOCKET });
      return;
    }
    checkHandshake(exchange.req.rawHeaders);
    if (allows !== undefined) checkOrigin(exchange, allows);
    // Express may enter a route twice.
    exchange.tunnel?.release();
    exchange.tunnel = slots.take(exchange, options);
  };
}
