import { declareOff, declarePolicy } from '../../contracts/policy.js';
import type { WebSocketOptions } from './websocket.options.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const WEBSOCKET = 'websocket';

/**
 * Lets WebSockets through, on a controller or one of its methods: a handshake runs the same policies and the same
 * handler as any request, and what the handler forwards becomes a tunnel once the upstream agrees.
 *
 * Without it a handshake is served as the ordinary GET it also is, and no tunnel opens.
 *
 * @example @WebSocket({ maxConnectionsPerPrincipal: 10, maxMessageBytes: 65_536 })
 */
export function WebSocket(options: WebSocketOptions = {}): ClassDecorator & MethodDecorator {
  return declarePolicy({ policy: WEBSOCKET, options: { ...options }, writtenAs: '@WebSocket' });
}

/** Takes WebSockets off a route of a controller that lets them through. */
export function NoWebSocket(why: string): ClassDecorator & MethodDecorator {
  return declareOff(WEBSOCKET, '@NoWebSocket', why);
}
