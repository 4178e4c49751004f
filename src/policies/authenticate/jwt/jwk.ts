import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { JsonObject } from '../../../contracts/strict-json.js';
import { algorithmsOf, JWT_ALGORITHMS, type JwtAlgorithm } from './jwt-algorithms.js';
import { rsaFault } from './rsa-fault.js';

/** What a usable JWK comes to. */
export interface JwkKey {
  readonly key: KeyObject;
  /** Those of the key's own kind, and of them only its `alg` where it states one. */
  readonly algorithms: readonly JwtAlgorithm[];
  readonly keyId: string | undefined;
}

/** The members that make a key of each kind (RFC 7518, section 6; RFC 8037, section 2), in base64url but for `crv`. */
const MEMBERS = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
} as const;

/** Any of these makes it a private key. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

const KEY_ID_LIMIT_CHARACTERS = 1_024;

/** RFC 7518, section 3.2: an HMAC key is no shorter than the hash. */
const HASH_BYTES: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/**
 * Reads one JWK (RFC 7517), or says in a few words why it verifies no token.
 *
 * The key is imported by node:crypto, which is synchronous and gives the KeyObject that verifies; what a library would
 * check around that is checked here: `use`, `key_ops`, `alg`, the form of each member, the strength of the key. Only the
 * members of its kind reach the import; `x5c`, `x5u` and all others are not looked at.
 */
export function readJwk(jwk: unknown, symmetric: boolean): JwkKey | string {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return 'is no object';
  const given = jwk as JsonObject;
  const fault = purposeFault(given);
  if (fault !== undefined) return fault;
  const key = importKey(given, symmetric);
  if (typeof key === 'string') return key;
  const algorithms = algorithmsFor(key).filter((name) => given['alg'] === undefined || name === given['alg']);
  if (algorithms.length === 0) return 'is of a kind that its algorithm, or any that is known, does not use';
  return { key, algorithms, keyId: given['kid'] as string | undefined };
}

function purposeFault({ use, key_ops: operations, kid, alg }: JsonObject): string | undefined {
  if (use !== undefined && use !== 'sig') return 'is not for signatures (use)';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'is not for verifying (key_ops)';
  }
  if (
    kid !== undefined &&
    !(typeof kid === 'string' && kid !== '' && kid.length <= KEY_ID_LIMIT_CHARACTERS)
  ) {
    return 'has a kid that is no text, or is empty or too long';
  }
  if (alg !== undefined && !(typeof alg === 'string' && Object.hasOwn(JWT_ALGORITHMS, alg))) {
    return 'is for an algorithm that is not known';
  }
  return undefined;
}

function importKey(given: JsonObject, symmetric: boolean): KeyObject | string {
  const { kty } = given;
  if (typeof kty !== 'string' || !Object.hasOwn(MEMBERS, kty)) return 'is of an unknown kty';
  if (PRIVATE.some((name) => Object.hasOwn(given, name))) return 'holds a private key';
  const members: Record<string, string> = { kty };
  for (const name of MEMBERS[kty as keyof typeof MEMBERS]) {
    const value = given[name];
    if (typeof value !== 'string' || !(name === 'crv' || isBase64Url(value))) return `has no sound ${name}`;
    members[name] = value;
  }
  if (kty === 'oct') {
    if (!symmetric) return 'is a shared secret, which nobody publishes';
    return createSecretKey(Buffer.from(members['k'] as string, 'base64url'));
  }
  return importPublicKey(members);
}

function importPublicKey(members: Readonly<Record<string, string>>): KeyObject | string {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: members, format: 'jwk' });
  } catch {
    return 'is no sound key of its kind';
  }
  const fault = rsaFault(key);
  return fault === undefined ? key : `is ${fault}`;
}

function algorithmsFor(key: KeyObject): readonly JwtAlgorithm[] {
  const fitting = algorithmsOf(key);
  if (key.type !== 'secret') return fitting;
  const bytes = key.symmetricKeySize ?? 0;
  return fitting.filter((name) => {
    const row = JWT_ALGORITHMS[name];
    return row.kind === 'hmac' && bytes >= (HASH_BYTES[row.hash] as number);
  });
}

/** One number has one spelling: padding and loose bits would give one key several fingerprints. */
function isBase64Url(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text;
}
