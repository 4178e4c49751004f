import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { rsaFault } from './rsa-fault.js';

const SECRET_MINIMUM_BYTES = 32;

/** The key that a text holds, or what is wrong with it in one sentence; `at` is how the option is spelled. */
export function readSecret(at: string, secret: string): KeyObject | string {
  const bytes = Buffer.from(secret, 'utf8');
  if (looksLikeKey(secret)) {
    // A public key as HMAC secret lets everybody who has it, which is everybody, sign tokens.
    return `${at} holds a public or private key; give it as publicKey (JWT_PUBLIC_KEY_FILE) instead.`;
  }
  if (bytes.length < SECRET_MINIMUM_BYTES) {
    return `${at} has ${bytes.length} bytes; must be at least ${SECRET_MINIMUM_BYTES}.`;
  }
  return createSecretKey(bytes);
}

export function readPublicKey(at: string, pem: string): KeyObject | string {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----/g) ?? [];
  if (blocks.length !== 1) return `${at} holds ${blocks.length} PEM blocks; must be one.`;
  if (blocks[0]?.includes('PRIVATE')) return `${at} holds a private key; give only its public half.`;
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    // The reason could quote the text; the text is what the reader has at hand.
    return `${at} cannot be read; must be a PEM public key or certificate.`;
  }
  const fault = rsaFault(key);
  return fault === undefined ? key : `${at} is ${fault}.`;
}

/** Whether a text is a public or private key itself: PEM, a JWK as JSON, or DER in base64. */
export function looksLikeKey(secret: string): boolean {
  if (secret.includes('-----BEGIN')) return true;
  if (/^\s*\{[\s\S]*"kty"/.test(secret)) return true;
  try {
    createPublicKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'spki' });
    return true;
  } catch {
    return false;
  }
}
