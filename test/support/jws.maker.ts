import {
  constants,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

export type Json = Readonly<Record<string, unknown>>;

/** Good claims for a thousand years: what the cases differ in is the envelope. */
export const CLAIMS: Json = { sub: 'user-1', aud: 'cases', exp: 32_503_680_000 };

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString(
    'base64url',
  );

/** One algorithm with a key of its own. */
export interface Signer {
  /** How the cases call it; EdDSA stands for two. */
  readonly name: string;
  readonly algorithm: string;
  /** What signs. */
  readonly key: KeyObject;
  /** What the gateway is given: the public half, or the secret. */
  readonly jwk: Json;
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

function pairOf(algorithm: string, curve: string): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (algorithm.slice(0, 2)) {
    case 'ES':
      return generateKeyPairSync('ec', { namedCurve: curve });
    case 'Ed':
      return curve === 'Ed448' ? generateKeyPairSync('ed448') : generateKeyPairSync('ed25519');
    default:
      return rsa;
  }
}

/** A signer with a new key, but for RSA, where making one takes long and all share one. */
export function signerOf(algorithm: string, curve = ''): Signer {
  const name = curve === '' ? algorithm : `${algorithm} (${curve})`;
  const common = { kid: `key of ${name}`, alg: algorithm, use: 'sig' };
  if (algorithm.startsWith('HS')) {
    const secret = randomBytes(Number(algorithm.slice(2)) / 8);
    const jwk = { ...common, kty: 'oct', k: secret.toString('base64url') };
    return { name, algorithm, key: createSecretKey(secret), jwk };
  }
  const { publicKey, privateKey } = pairOf(algorithm, curve);
  return { name, algorithm, key: privateKey, jwk: { ...common, ...publicKey.export({ format: 'jwk' }) } };
}

/** One of each algorithm that can be accepted. */
export const SIGNERS: readonly Signer[] = [
  ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((name) =>
    signerOf(name),
  ),
  signerOf('ES256', 'P-256'),
  signerOf('ES384', 'P-384'),
  signerOf('ES512', 'P-521'),
  signerOf('EdDSA', 'Ed25519'),
  signerOf('EdDSA', 'Ed448'),
];

export const signerNamed = (name: string): Signer =>
  SIGNERS.find((signer) => signer.name.startsWith(name)) as Signer;

/** A signature as RFC 7518 and RFC 8037 make it. */
export function signatureOf(algorithm: string, key: KeyObject, input: string): Buffer {
  const bytes = Buffer.from(input, 'latin1');
  const hash = `sha${algorithm.slice(2)}`;
  switch (algorithm.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key).update(bytes).digest();
    case 'PS':
      return sign(hash, bytes, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ES':
      return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
    case 'Ed':
      return sign(null, bytes, key);
    default:
      return sign(hash, bytes, key);
  }
}

/** A token of header and payload as they are given, texts as they stand. */
export function signed(signer: Signer, header: unknown, payload: unknown = CLAIMS): string {
  return withSignature(header, payload, (input) => signatureOf(signer.algorithm, signer.key, input));
}

export function withSignature(
  header: unknown,
  payload: unknown,
  make: (input: string) => Buffer | string,
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${encode(make(input))}`;
}

/** The header of an ordinary token. */
export const headerOf = ({ algorithm, jwk }: Signer): Json => ({ alg: algorithm, kid: jwk['kid'] });

export const good = (signer: Signer): string => signed(signer, headerOf(signer));

/** The three parts of a good token. */
export function partsOf(token: string): [header: string, payload: string, signature: string] {
  return token.split('.') as [string, string, string];
}

/** A good token with its signature changed. */
export function resigned(signer: Signer, change: (signature: Buffer) => Buffer): string {
  const [header, payload, signature] = partsOf(good(signer));
  return `${header}.${payload}.${encode(change(Buffer.from(signature, 'base64url')))}`;
}
