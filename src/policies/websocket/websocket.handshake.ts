import { GatewayError } from '../../contracts/gateway-error.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';

/** RFC 6455, section 4.1: sixteen bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** RFC 9110, section 5.6.2, in a list. */
const TOKENS = /^[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*(?:,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*)*$/;
const UNDERSTOOD = '13';

/**
 * Judges a handshake's own fields as a server does (RFC 6455, section 4.2.1). That it is a GET over HTTP/1.1 which asks
 * for a WebSocket is known by now.
 *
 * @throws GatewayError `bad-request`, or `upgrade-required` for another version
 */
export function checkHandshake(raw: RawHeaders): void {
  let key: string | undefined;
  let keys = 0;
  let version: string | undefined;
  let versions = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const value = raw[i + 1] as string;
    switch ((raw[i] as string).toLowerCase()) {
      case 'sec-websocket-key':
        key = value;
        keys++;
        break;
      case 'sec-websocket-version':
        version = value;
        versions++;
        break;
      case 'sec-websocket-protocol':
        if (!TOKENS.test(value)) throw malformed('Sec-WebSocket-Protocol is no list of names.');
        break;
      case 'sec-websocket-accept':
        throw malformed('Sec-WebSocket-Accept stands in an answer only.');
    }
  }
  if (versions !== 1 || version !== UNDERSTOOD) throw otherVersion(versions);
  if (keys !== 1 || !KEY.test(key as string)) {
    throw malformed('Sec-WebSocket-Key must be sent once, with sixteen bytes in base64.');
  }
}

/** RFC 6455, section 4.4. */
function otherVersion(versions: number): GatewayError {
  if (versions === 0) return malformed('Sec-WebSocket-Version is missing.');
  return new GatewayError('upgrade-required', {
    detail: 'The version of WebSocket spoken here is 13.',
    // Behind an answer to a handshake the connection closes.
    headers: [...HOW, 'Connection', 'Upgrade, close'],
    policy: 'websocket',
  });
}

/** RFC 9110, section 15.5.22: a 426 says which protocol. Whoever sends it names the field in `Connection`. */
export const HOW: readonly string[] = Object.freeze([
  'Upgrade',
  'websocket',
  'Sec-WebSocket-Version',
  UNDERSTOOD,
]);

function malformed(detail: string): GatewayError {
  return new GatewayError('bad-request', { detail, policy: 'websocket' });
}
