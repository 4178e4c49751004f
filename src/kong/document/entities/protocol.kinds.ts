import type { KongProtocol } from '../../kong-configuration.js';
import type { Kind } from '../fields/kind.js';
import { FAULT } from '../fields/reading.js';
import { oneOf, text } from '../fields/text.kinds.js';

export const HTTP_PROTOCOLS = ['grpc', 'grpcs', 'http', 'https'] as const satisfies readonly KongProtocol[];

/** What Kong also carries, and this gateway does not. */
export const STREAM_PROTOCOLS: readonly string[] = ['tcp', 'tls', 'tls_passthrough', 'udp'];
const WEBSOCKET_PROTOCOLS: readonly string[] = ['ws', 'wss'];

const anyProtocol = text('a protocol');
const ours = oneOf(...HTTP_PROTOCOLS);

/** A protocol that is carried here; of others it says why not. */
export const protocol: Kind<KongProtocol> = {
  allowed: ours.allowed,
  read(node, reading) {
    const found = anyProtocol.read(node, reading);
    if (found === FAULT) return FAULT;
    if (STREAM_PROTOCOLS.includes(found)) {
      return reading.fail(
        node,
        `is ${found}, a stream protocol; streams are not carried here, only ${HTTP_PROTOCOLS.join(', ')}.`,
      );
    }
    if (WEBSOCKET_PROTOCOLS.includes(found)) {
      return reading.fail(
        node,
        `is ${found}, which is part of Kong Enterprise; routes of http and https carry WebSockets.`,
      );
    }
    return ours.read(node, reading);
  },
};
