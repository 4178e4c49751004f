import { type KeyObject, sign } from 'node:crypto';
import { type Clock, systemClock } from '../../../contracts/clock.js';
import { readSigningKey, type SigningKey } from '../../../contracts/signing-key.js';

/** What signs the gateway's own tokens, from its configuration. */
export interface IdentitySignerSettings {
  /** A private key in PEM. */
  readonly key: string;
  readonly issuer: string;
  /** How long a key that was replaced is still published. */
  readonly overlapSeconds: number;
}

/** Keys that were replaced within one overlap; more than this is no rotation but a fault. */
const RETIRED_LIMIT = 8;

interface Retired {
  readonly key: SigningKey;
  readonly untilMs: number;
}

/** Signs tokens in the gateway's name, and says which keys verify them. */
export class IdentitySigner {
  readonly issuer: string | undefined;
  // Private to the language: an inspected provider must not show a key.
  #current: SigningKey | undefined;
  #header = '';
  #retired: Retired[] = [];
  readonly #overlapMs: number;
  readonly #clock: Clock;

  /** @param settings `undefined`: there is no key, and nothing can be signed */
  constructor(settings: IdentitySignerSettings | undefined, clock: Clock = systemClock) {
    this.issuer = settings?.issuer;
    this.#overlapMs = (settings?.overlapSeconds ?? 0) * 1_000;
    this.#clock = clock;
    if (settings !== undefined) this.changeKey(settings.key);
  }

  get configured(): boolean {
    return this.#current !== undefined;
  }

  /** The key that signs now; another one means that tokens of before should go. */
  get keyId(): string | undefined {
    return this.#current?.keyId;
  }

  /**
   * From now on this key signs; the one before is published for the overlap.
   *
   * @returns why the key cannot be used; empty when it is at work
   */
  changeKey(pem: string): readonly string[] {
    const key = readSigningKey(pem);
    if (typeof key === 'string') return [`IDENTITY_KEY_FILE ${key}`];
    const before = this.#current;
    const untilMs = this.#clock.now() + this.#overlapMs;
    const others = this.#retired.filter((retired) => retired.key.keyId !== key.keyId);
    if (before !== undefined && before.keyId !== key.keyId) others.unshift({ key: before, untilMs });
    this.#retired = others.slice(0, RETIRED_LIMIT);
    this.#current = key;
    this.#header = encode({ alg: key.algorithm, typ: 'JWT', kid: key.keyId });
    return [];
  }

  /** A compact JWS over these claims. Only where a key is configured. */
  sign(claims: Readonly<Record<string, unknown>>): string {
    const { key, algorithm } = this.#current as SigningKey;
    const input = `${this.#header}.${encode(claims)}`;
    return `${input}.${signature(algorithm, key, Buffer.from(input, 'latin1'))}`;
  }

  /** The key set that verifies every token still about (RFC 7517, section 5), the current key first. */
  keySet(): { readonly keys: readonly SigningKey['jwk'][] } {
    const now = this.#clock.now();
    this.#retired = this.#retired.filter(({ untilMs }) => now < untilMs);
    const keys = [
      ...(this.#current === undefined ? [] : [this.#current]),
      ...this.#retired.map(({ key }) => key),
    ];
    return { keys: keys.map(({ jwk }) => jwk) };
  }
}

function signature(algorithm: SigningKey['algorithm'], key: KeyObject, input: Buffer): string {
  switch (algorithm) {
    case 'EdDSA':
      return sign(null, input, key).toString('base64url');
    case 'ES256':
      // RFC 7518, section 3.4: R and S side by side, not DER.
      return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    case 'RS256':
      return sign('sha256', input, key).toString('base64url');
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
