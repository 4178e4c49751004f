import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Target } from '../../contracts/forwarder.js';
import { destination, type Names } from '../http1/connect.js';
import type { TlsIdentity } from '../http1/tls-identity.js';

/** Opens a connection on which HTTP/2 is to be spoken; `stands` is called once that can be told. */
export type Dial = (target: Target, stands: () => void) => Socket;

/** What is offered by ALPN, and so what a target may choose. */
export const ONLY_HTTP2: readonly string[] = ['h2'];
export const HTTP2_OR_HTTP1: readonly string[] = ['h2', 'http/1.1'];

/** TLS with ALPN for targets that ask for it, verified as for HTTP/1.1; prior knowledge on TCP for the others. */
export const dialTo =
  (names: Names | undefined, identity: TlsIdentity | undefined, offered = ONLY_HTTP2): Dial =>
  (target, stands) => {
    if (!target.tls) return connectTcp(destination(target, names), stands);
    // A request never goes out in the clear by mistake.
    if (identity === undefined) throw new Error('this target needs TLS');
    const { options, settle } = identity.handshake(target, offered);
    const socket = connectTls({ ...destination(target, names), ...options }, stands);
    settle(socket);
    return socket;
  };

/** Whether HTTP/2 may be spoken on a connection that stands (RFC 9113, sections 3.2 and 3.3). */
export const speaksHttp2 = (socket: Socket): boolean =>
  !(socket instanceof TLSSocket) || socket.alpnProtocol === 'h2';
