import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { privateKeyIn } from './pem.js';

/** A private key that signs tokens of the gateway's own, with what others need to check them. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly algorithm: 'RS256' | 'ES256' | 'EdDSA';
  /** The thumbprint of the public key (RFC 7638), so that every instance with the same file calls it the same. */
  readonly keyId: string;
  /** The public key as a JWK (RFC 7517), with its use, algorithm and id. */
  readonly jwk: Readonly<Record<string, string>>;
}

/** The signing key of a PEM text, or what is wrong with it, in words that follow the file's name. */
export function readSigningKey(pem: string): SigningKey | string {
  const key = privateKeyIn(pem);
  if (key === undefined) return 'holds no private key; it must be one in PEM, without a passphrase.';
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) {
    return 'holds a key of a kind that signs no token here; it must be EC on P-256, Ed25519, or RSA of 2048 bits or more.';
  }
  const { kty, crv, x, y, n, e } = createPublicKey(key).export({ format: 'jwk' });
  // RFC 7638, section 3.2, and RFC 8037, section 2: exactly these members, in this order.
  const members = Object.fromEntries(
    Object.entries({ crv, e, kty, n, x, y }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  const keyId = createHash('sha256').update(JSON.stringify(members)).digest('base64url');
  const jwk = Object.freeze({ ...members, use: 'sig', alg: algorithm, kid: keyId });
  return Object.freeze({ key, algorithm, keyId, jwk });
}

function algorithmOf(key: KeyObject): SigningKey['algorithm'] | undefined {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  if (kind === 'ed25519') return 'EdDSA';
  if (kind === 'ec') return details?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
  // RFC 7518, section 3.3.
  return kind === 'rsa' && (details?.modulusLength ?? 0) >= 2048 ? 'RS256' : undefined;
}
