import type { IncomingMessage } from 'node:http';
import { definePlugin } from 'http-proxy-middleware';
import { GatewayError } from '../../contracts/gateway-error.js';
import { Attempt } from './attempt.js';
import { guardListeners } from './listener.guard.js';

/**
 * Stands before every other plugin: follows the attempt from event to event, and makes a hook that fails end its own
 * exchange and nothing else.
 */
export const watchAttempt = definePlugin((proxyServer, options) => {
  proxyServer.on('start', (...args) => Attempt.of(args)?.starting());
  proxyServer.on('proxyReq', (proxyReq, ...args) => Attempt.of(args)?.dialing(proxyReq));
  proxyServer.on('proxyRes', (proxyRes, ...args) => {
    const attempt = Attempt.of(args);
    if (attempt === undefined) return;
    attempt.responding(proxyRes);
    if (options.selfHandleResponse === true) guardBody(proxyRes, attempt);
    // Status and headers are complete once the body is piped; waiting for its first byte would hold back event streams.
    else attempt.response.once('pipe', () => attempt.response.flushHeaders());
  });
  guardListeners(proxyServer, (error, args) => {
    Attempt.of(args)?.fail(new GatewayError('internal', { cause: error }));
  });
});

/**
 * Stands after every other plugin: an error that no hook of the team's answered ends the attempt. Never the
 * middleware's own error page, which shows host and URL.
 */
export const settleAttempt = definePlugin((proxyServer) => {
  const settle = (error: Error, ...args: readonly unknown[]): void => {
    const attempt = Attempt.of(args);
    if (attempt !== undefined && !attempt.response.writableEnded) attempt.fail(error);
  };
  proxyServer.on('error', settle);
  // What the middleware says instead of `error` when the client's connection is closed already.
  proxyServer.on('econnreset', settle);
});

/** Does for the team's listeners on the upstream's body, and on the first stream it is piped into, what the guard does for hooks. */
function guardBody(proxyRes: IncomingMessage, attempt: Attempt): void {
  const bodyFailed = (cause: unknown): void => {
    attempt.fail(new GatewayError('upstream-body', { upstream: attempt.upstream, cause }));
  };
  guardListeners(proxyRes, bodyFailed);
  const pipe = proxyRes.pipe;
  proxyRes.pipe = (destination, ...rest) => {
    // Decompression, mostly: a body it cannot read is never answered with half of it.
    if ((destination as unknown) !== attempt.response) {
      destination.on('error', bodyFailed);
      guardListeners(destination, bodyFailed);
    }
    return pipe.call(proxyRes, destination, ...rest) as typeof destination;
  };
}
