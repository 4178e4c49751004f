import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { type AlgorithmRow, JWT_ALGORITHMS, type JwtAlgorithm } from './jwt-algorithms.js';

/** Whether a signature over these ASCII characters is good. Synchronous: a promise would cost more than the HMAC. */
export type SignatureCheck = (signingInput: string, signature: Buffer) => boolean;

/** Binds one algorithm to one key, at boot. */
export function signatureCheck(algorithm: JwtAlgorithm, key: KeyObject): SignatureCheck {
  const row: AlgorithmRow = JWT_ALGORITHMS[algorithm];
  switch (row.kind) {
    case 'hmac':
      return (input, signature) => {
        const expected = createHmac(row.hash, key).update(input, 'latin1').digest();
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      };
    case 'rsa': {
      const length = modulusBytes(key);
      return (input, signature) =>
        signature.length === length && verify(row.hash, bytes(input), key, signature);
    }
    case 'rsa-pss': {
      const length = modulusBytes(key);
      // RFC 7518, section 3.5: the salt is as long as the hash.
      const pss = {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      };
      return (input, signature) =>
        signature.length === length && verify(row.hash, bytes(input), pss, signature);
    }
    case 'ec': {
      // RFC 7518, section 3.4: R and S side by side, each at full length, not DER.
      const plain = { key, dsaEncoding: 'ieee-p1363' } as const;
      return (input, signature) =>
        signature.length === row.signatureBytes && verify(row.hash, bytes(input), plain, signature);
    }
    case 'eddsa':
      return (input, signature) => verify(null, bytes(input), key, signature);
  }
}

/**
 * How long every signature of an RSA key is (RFC 8017, sections 8.1.2 and 8.2.2, step 1). OpenSSL takes a signature of PSS
 * without the zero bytes that it begins with, and so one token would have two spellings.
 */
function modulusBytes(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

const bytes = (input: string): Buffer => Buffer.from(input, 'latin1');
