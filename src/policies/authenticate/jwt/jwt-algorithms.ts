import type { KeyObject } from 'node:crypto';

/** How one algorithm of RFC 7518 or RFC 8037 verifies. */
export type AlgorithmRow =
  | { readonly kind: 'hmac' | 'rsa' | 'rsa-pss'; readonly hash: string }
  | { readonly kind: 'ec'; readonly hash: string; readonly curve: string; readonly signatureBytes: number }
  | { readonly kind: 'eddsa' };

/** Every algorithm that can be accepted. `none` is not one. */
export const JWT_ALGORITHMS = {
  HS256: { kind: 'hmac', hash: 'sha256' },
  HS384: { kind: 'hmac', hash: 'sha384' },
  HS512: { kind: 'hmac', hash: 'sha512' },
  RS256: { kind: 'rsa', hash: 'sha256' },
  RS384: { kind: 'rsa', hash: 'sha384' },
  RS512: { kind: 'rsa', hash: 'sha512' },
  PS256: { kind: 'rsa-pss', hash: 'sha256' },
  PS384: { kind: 'rsa-pss', hash: 'sha384' },
  PS512: { kind: 'rsa-pss', hash: 'sha512' },
  ES256: { kind: 'ec', hash: 'sha256', curve: 'prime256v1', signatureBytes: 64 },
  ES384: { kind: 'ec', hash: 'sha384', curve: 'secp384r1', signatureBytes: 96 },
  ES512: { kind: 'ec', hash: 'sha512', curve: 'secp521r1', signatureBytes: 132 },
  EdDSA: { kind: 'eddsa' },
} as const satisfies Record<string, AlgorithmRow>;

export type JwtAlgorithm = keyof typeof JWT_ALGORITHMS;

/** The algorithms a key can verify: the most that any configuration may accept with it (RFC 8725, section 3.1). */
export function algorithmsOf(key: KeyObject): readonly JwtAlgorithm[] {
  return (Object.keys(JWT_ALGORITHMS) as JwtAlgorithm[]).filter((name) => fits(JWT_ALGORITHMS[name], key));
}

function fits(row: AlgorithmRow, key: KeyObject): boolean {
  const { type, asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  switch (row.kind) {
    case 'hmac':
      return type === 'secret';
    case 'rsa':
      return kind === 'rsa';
    case 'rsa-pss': {
      // A key made for PSS may itself be bound to one hash (RFC 4055, section 3.1).
      const bound = details?.hashAlgorithm;
      return kind === 'rsa' || (kind === 'rsa-pss' && (bound === undefined || bound === row.hash));
    }
    case 'ec':
      return kind === 'ec' && details?.namedCurve === row.curve;
    case 'eddsa':
      return kind === 'ed25519' || kind === 'ed448';
  }
}
