import { createSecretKey, type KeyObject } from 'node:crypto';
import { algorithmsOf } from '../../policies/authenticate/jwt/jwt-algorithms.js';
import { looksLikeKey, readPublicKey } from '../../policies/authenticate/jwt/jwt-key.js';
import { VerificationKey } from '../../policies/authenticate/jwt/verification-key.js';
import type { KongJwtSecret } from '../kong-configuration.js';

/** RFC 7518, section 3.2: an HMAC key is no shorter than the hash. */
const SECRET_BYTES = 32;

/** The key that tokens of a credential are verified with, bound to the credential's one algorithm. */
export interface JwtCredentialKey {
  readonly key: VerificationKey | undefined;
  /** What is wrong with it, in one sentence that holds nothing of it; `undefined` where it is sound. */
  readonly fault: string | undefined;
  /** What is weak about it, said once at load: Kong takes such keys. */
  readonly weakness: string | undefined;
}

/** Each credential's keys are made once, the plain one when its consumer is read. */
const MADE = {
  plain: new WeakMap<object, JwtCredentialKey>(),
  base64: new WeakMap<object, JwtCredentialKey>(),
};

/** @param base64 a shared secret is the base64 of the key (`secret_is_base64`); public keys are PEM all the same */
export function jwtCredentialKey(credential: KongJwtSecret, base64 = false): JwtCredentialKey {
  const made = base64 ? MADE.base64 : MADE.plain;
  let key = made.get(credential);
  if (key === undefined) {
    key = credential.algorithm.startsWith('HS') ? secretKey(credential, base64) : publicKey(credential);
    made.set(credential, key);
  }
  return key;
}

function secretKey({ secret, algorithm }: KongJwtSecret, base64: boolean): JwtCredentialKey {
  const text = secret?.reveal() ?? '';
  // A public key as HMAC secret lets everybody who has it, which is everybody, sign tokens.
  if (looksLikeKey(text))
    return faulty(`secret holds a public or private key; for ${algorithm} it must be a shared secret.`);
  const bytes = base64 ? decodeBase64(text) : Buffer.from(text);
  if (bytes === undefined || bytes.length === 0) return faulty('secret is empty; must be a shared secret.');
  const weak = bytes.length < SECRET_BYTES;
  return {
    key: new VerificationKey(createSecretKey(bytes), [algorithm]),
    fault: undefined,
    weakness: weak
      ? `secret has ${bytes.length} bytes; whoever has one token can guess it, give it ${SECRET_BYTES} or more.`
      : undefined,
  };
}

function publicKey({ publicKey: pem, algorithm }: KongJwtSecret): JwtCredentialKey {
  const key: KeyObject | string = readPublicKey('rsa_public_key', pem ?? '');
  if (typeof key === 'string') return faulty(key);
  if (!algorithmsOf(key).includes(algorithm))
    return faulty(`rsa_public_key is a key of another kind; must be one that verifies ${algorithm}.`);
  return { key: new VerificationKey(key, [algorithm]), fault: undefined, weakness: undefined };
}

const faulty = (fault: string): JwtCredentialKey => ({ key: undefined, fault, weakness: undefined });

/** Either alphabet, padded or not, as Kong decodes it; `undefined` for what is no base64. */
function decodeBase64(text: string): Buffer | undefined {
  const bare = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
  return /^[A-Za-z0-9_-]*$/.test(bare) ? Buffer.from(bare, 'base64url') : undefined;
}
