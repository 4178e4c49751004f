import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

const SECRET_MINIMUM_BYTES = 32;
const RSA_MINIMUM_BITS = 2048;

/** Where a key may be given: exactly one of them. */
interface KeySource {
  readonly secret?: string | undefined;
  readonly publicKey?: string | undefined;
  readonly jwksUri?: string | undefined;
}

/** The key that a configuration names, or what is wrong with it in one sentence. */
export function readKey(source: KeySource): KeyObject | string {
  const { secret, publicKey, jwksUri } = source;
  const given = [secret, publicKey, jwksUri].filter((key) => key !== undefined);
  if (given.length === 0) {
    return 'jwt has no key; set JWT_SECRET or JWT_PUBLIC_KEY_FILE, or give jwt({ secret }) or jwt({ publicKey }).';
  }
  if (given.length > 1) return 'jwt has more than one key; keep one of secret, publicKey and jwksUri.';
  if (typeof given[0] !== 'string') return 'jwt has a key that is not text; must be the text itself.';
  if (secret !== undefined) return readSecret(secret);
  if (publicKey !== undefined) return readPublicKey(publicKey);
  return 'jwt.jwksUri is not supported yet; give the public key itself (JWT_PUBLIC_KEY_FILE or jwt({ publicKey })).';
}

function readSecret(secret: string): KeyObject | string {
  const bytes = Buffer.from(secret, 'utf8');
  if (looksLikeKey(secret)) {
    // A public key as HMAC secret lets everybody who has it, which is everybody, sign tokens.
    return 'jwt.secret holds a public or private key; give it as publicKey (JWT_PUBLIC_KEY_FILE) instead.';
  }
  if (bytes.length < SECRET_MINIMUM_BYTES) {
    return `jwt.secret has ${bytes.length} bytes; must be at least ${SECRET_MINIMUM_BYTES}.`;
  }
  return createSecretKey(bytes);
}

function readPublicKey(pem: string): KeyObject | string {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----/g) ?? [];
  if (blocks.length !== 1) return `jwt.publicKey holds ${blocks.length} PEM blocks; must be one.`;
  if (blocks[0]?.includes('PRIVATE')) return 'jwt.publicKey holds a private key; give only its public half.';
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    // The reason could quote the text; the text is what the reader has at hand.
    return 'jwt.publicKey cannot be read; must be a PEM public key or certificate.';
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < RSA_MINIMUM_BITS) {
    return `jwt.publicKey is an RSA key of ${bits} bits; must be at least ${RSA_MINIMUM_BITS}.`;
  }
  return key;
}

/** PEM, a JWK as JSON, or DER in base64. */
function looksLikeKey(secret: string): boolean {
  if (secret.includes('-----BEGIN')) return true;
  if (/^\s*\{[\s\S]*"kty"/.test(secret)) return true;
  try {
    createPublicKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'spki' });
    return true;
  } catch {
    return false;
  }
}
