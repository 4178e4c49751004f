import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { Target } from '../../contracts/forwarder.js';

/**
 * Opens a connection to a target; `ready` is called once it can carry a request.
 * Reads must go to `onread`. Another transport, TLS for one, is another function of this shape.
 */
export type Connect = (target: Target, onread: OnReadOpts, ready: () => void) => Socket;

/** Plain TCP. @throws Error for a target that asks for TLS: a request never goes out in the clear by mistake */
export const connectTcp: Connect = (target, onread, ready) => {
  if (target.tls) throw new Error('this target needs a connect function that speaks TLS');
  return connect({ host: target.host, port: target.port, noDelay: true, onread }, ready);
};
