import { definePlugin } from 'http-proxy-middleware';
import { GatewayError } from '../../contracts/gateway-error.js';
import { Handshake } from './handshake.js';
import { guardListeners } from './listener.guard.js';

/** Stands before every other plugin: follows a handshake, and makes a hook that fails end its own and nothing else. */
export const watchHandshake = definePlugin((proxyServer) => {
  proxyServer.on('proxyReqWs', (proxyReq, ...args) => Handshake.of(args)?.dialing(proxyReq));
  guardListeners(proxyServer, (error, args) => {
    Handshake.of(args)?.fail(new GatewayError('internal', { cause: error }));
  });
});

/** Stands after every other plugin: an error that no hook of the team's answered ends the handshake. */
export const settleHandshake = definePlugin((proxyServer) => {
  const settle = (error: Error, ...args: readonly unknown[]): void => {
    const handshake = Handshake.of(args);
    if (handshake?.answered === false) handshake.fail(error);
  };
  proxyServer.on('error', settle);
  proxyServer.on('econnreset', settle);
});
