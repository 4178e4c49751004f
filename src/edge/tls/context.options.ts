import { constants, createHash } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/** What every certificate of a listener is shown with. */
export type ContextOptions = Readonly<SecureContextOptions>;

/** Forward secrecy and authenticated encryption, nothing else: Mozilla's intermediate list without finite-field DH. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Versions, ciphers and authorities of a listener, the same for each of its names. */
export function contextOptions(
  minVersion: 'TLSv1.2' | 'TLSv1.3',
  clientCa: string | undefined,
): ContextOptions {
  return Object.freeze({
    minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    // A handshake is paid for once per connection (RFC 9325, section 3.5).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    // A session is worth nothing where other authorities are believed than when it was made.
    sessionIdContext: createHash('sha256')
      .update(clientCa ?? '')
      .digest('hex')
      .slice(0, 32),
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  });
}
