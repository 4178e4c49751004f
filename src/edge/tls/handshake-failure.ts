import type { TLSSocket } from 'node:tls';
import type { HandshakeCut } from './handshakes.js';

/** Why a handshake came to nothing, in words that a metric can carry. */
export const HANDSHAKE_FAILURES = [
  'timeout',
  'crowded',
  'left',
  'not-tls',
  'version',
  'cipher',
  'alpn',
  'client-certificate',
  'other',
] as const;
export type HandshakeFailure = (typeof HANDSHAKE_FAILURES)[number];

/** What OpenSSL says, where it is worth a word of its own. */
const REASONS: Readonly<Record<string, HandshakeFailure>> = {
  ECONNRESET: 'left',
  EPIPE: 'left',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'version',
  ERR_SSL_VERSION_TOO_LOW: 'version',
  ERR_SSL_INAPPROPRIATE_FALLBACK: 'version',
  ERR_SSL_NO_SHARED_CIPHER: 'cipher',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'cipher',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'alpn',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'client-certificate',
  ERR_SSL_CERTIFICATE_VERIFY_FAILED: 'client-certificate',
};

/** The reason of a failed handshake; `undefined` when the gateway closed it on its own way out. */
export function handshakeFailure(
  error: NodeJS.ErrnoException,
  socket: TLSSocket,
  cut: HandshakeCut | undefined,
): HandshakeFailure | undefined {
  if (cut === 'closing') return undefined;
  if (cut !== undefined) return cut;
  // Node checks the certificate when OpenSSL is done, and closes without an error of its own.
  if (socket.authorizationError) return 'client-certificate';
  return REASONS[error.code ?? ''] ?? 'other';
}
