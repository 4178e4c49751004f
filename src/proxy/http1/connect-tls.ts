import type { OnReadOpts, Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import type { Target } from '../../contracts/forwarder.js';
import { type Connect, destination, type Names, tcpTo } from './connect.js';
import type { TlsIdentity } from './tls-identity.js';

/**
 * TLS, with the target's certificate and name verified; nothing switches that off, `NODE_TLS_REJECT_UNAUTHORIZED`
 * in the environment neither. A target that does not ask for TLS is refused: another function is for those.
 */
export const tlsTo =
  (identity: TlsIdentity, names?: Names): Connect =>
  (target: Target, onread: OnReadOpts, ready: () => void): Socket => {
    if (!target.tls) throw new Error('this target does not speak TLS');
    const { options, settle } = identity.handshake(target);
    // tls.connect hands `onread` on to the socket it makes, though its types leave it out.
    const dial: ConnectionOptions & { onread: OnReadOpts } = {
      ...destination(target, names),
      ...options,
      onread,
    };
    const socket = connect(dial, ready);
    settle(socket);
    return socket;
  };

/** Each target by the transport it asks for. */
export const connectTo = (names: Names, identity: TlsIdentity | undefined): Connect => {
  const tcp = tcpTo(names);
  const tls = identity === undefined ? undefined : tlsTo(identity, names);
  return (target, onread, ready) => (target.tls && tls !== undefined ? tls : tcp)(target, onread, ready);
};
