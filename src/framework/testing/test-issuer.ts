import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { type Clock, systemClock } from '../../contracts/clock.js';
import type { Environment } from '../../contracts/environment.js';
import { TEST_SECRET } from './boot-gateway.js';

/** The algorithms a test issuer signs with (RFC 7518, section 3.1; RFC 8037). */
export type IssuerAlgorithm =
  | 'HS256'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

/** Every part is optional. */
export interface TestIssuerOptions {
  /** `iss` of its tokens. Default `https://issuer.test`. */
  readonly issuer?: string;
  /** `aud` of its tokens. Default `test`. */
  readonly audience?: string | readonly string[];
  /** Default RS256. */
  readonly algorithm?: IssuerAlgorithm;
  /** What HS256 signs with, at least 32 bytes; only there. */
  readonly secret?: string;
  /** When its tokens are issued. Default: the time of day. */
  readonly clock?: Clock;
}

/** What one token says. */
export interface IssuedToken {
  /** Default `test`. */
  readonly subject?: string;
  readonly scopes?: readonly string[];
  /** Default: one hour. Below zero the token has expired already. */
  readonly lifetimeSeconds?: number;
  /** Further claims; they win, and one that is `undefined` is left out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Further header parameters; they win as well. */
  readonly header?: Readonly<Record<string, unknown>>;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** `undefined` where both sides share a secret. */
  readonly publicKey: KeyObject | undefined;
}

/** How an algorithm makes keys and signatures. */
interface Recipe {
  readonly keys: (secret: string) => Omit<SigningKey, 'kid'>;
  readonly sign: (bytes: Buffer, key: KeyObject) => Buffer;
}

const rsa = (): ReturnType<Recipe['keys']> => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = (namedCurve: string) => (): ReturnType<Recipe['keys']> =>
  generateKeyPairSync('ec', { namedCurve });
const plain =
  (hash: string): Recipe['sign'] =>
  (bytes, key) =>
    sign(hash, bytes, key);
/** RFC 7518, section 3.4: both numbers side by side, and not the DER that OpenSSL makes. */
const sideBySide =
  (hash: string): Recipe['sign'] =>
  (bytes, key) =>
    sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });

/** crypto.constants.RSA_PKCS1_PSS_PADDING */
const PSS_PADDING = 6;
const SHA256_BYTES = 32;

const RECIPES: Readonly<Record<IssuerAlgorithm, Recipe>> = {
  HS256: {
    keys: (secret) => ({ privateKey: createSecretKey(Buffer.from(secret)), publicKey: undefined }),
    sign: (bytes, key) => createHmac('sha256', key).update(bytes).digest(),
  },
  RS256: { keys: rsa, sign: plain('sha256') },
  RS384: { keys: rsa, sign: plain('sha384') },
  RS512: { keys: rsa, sign: plain('sha512') },
  PS256: {
    keys: rsa,
    sign: (bytes, key) => sign('sha256', bytes, { key, padding: PSS_PADDING, saltLength: SHA256_BYTES }),
  },
  ES256: { keys: ec('P-256'), sign: sideBySide('sha256') },
  ES384: { keys: ec('P-384'), sign: sideBySide('sha384') },
  ES512: { keys: ec('P-521'), sign: sideBySide('sha512') },
  EdDSA: {
    keys: () => generateKeyPairSync('ed25519'),
    sign: (bytes, key) => sign(null, bytes, key),
  },
};

const HOUR_SECONDS = 3_600;

/**
 * An issuer for tests, with keys of its own: it signs tokens of any contents, and tells its public keys as a set (RFC 7517)
 * and as PEM. Nothing is served; what serves the set is up to the test.
 */
export class TestIssuer {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly algorithm: IssuerAlgorithm;
  readonly #secret: string;
  readonly #clock: Clock;
  #keys: SigningKey[];

  constructor(options: TestIssuerOptions = {}) {
    this.issuer = options.issuer ?? 'https://issuer.test';
    this.audience = options.audience ?? 'test';
    this.algorithm = options.algorithm ?? 'RS256';
    this.#secret = options.secret ?? TEST_SECRET;
    this.#clock = options.clock ?? systemClock;
    this.#keys = [this.#newKey()];
  }

  /** The public keys, the current one first. */
  get jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] } {
    const keys = this.#keys.flatMap(({ kid, publicKey }) =>
      publicKey === undefined
        ? []
        : [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: this.algorithm }],
    );
    return { keys };
  }

  /** The current public key, as `JWT_PUBLIC_KEY_FILE` and `jwt({ publicKey })` take it. @throws TypeError for HS256 */
  get publicKeyPem(): string {
    const { publicKey } = this.#current;
    if (publicKey === undefined) throw new TypeError('HS256 has a secret and no public key.');
    return publicKey.export({ type: 'spki', format: 'pem' }) as string;
  }

  /** Variables with which a gateway believes its tokens: issuer and audience, and the secret where there is one. */
  get environment(): Environment {
    return {
      JWT_ISSUER: this.issuer,
      JWT_AUDIENCE: [this.audience].flat().join(','),
      ...(this.algorithm === 'HS256' ? { JWT_SECRET: this.#secret } : {}),
    };
  }

  /** A token signed with the current key. */
  token(contents: IssuedToken = {}): string {
    const { subject = 'test', scopes, lifetimeSeconds = HOUR_SECONDS } = contents;
    const issuedAt = Math.floor(this.#clock.now() / 1000);
    const { kid, privateKey } = this.#current;
    const header = { alg: this.algorithm, typ: 'JWT', kid, ...contents.header };
    const claims = {
      iss: this.issuer,
      aud: this.audience,
      sub: subject,
      scope: scopes?.join(' '),
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      ...contents.claims,
    };
    const signed = `${encode(header)}.${encode(claims)}`;
    const signature = RECIPES[this.algorithm].sign(Buffer.from(signed), privateKey);
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Signs with a new key from now on. The old ones stay in the set, unless they are dropped. */
  rotate({ drop = false }: { readonly drop?: boolean } = {}): void {
    this.#keys = [this.#newKey(), ...(drop ? [] : this.#keys)];
  }

  get #current(): SigningKey {
    return this.#keys[0] as SigningKey;
  }

  #newKey(): SigningKey {
    return { kid: randomUUID(), ...RECIPES[this.algorithm].keys(this.#secret) };
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
