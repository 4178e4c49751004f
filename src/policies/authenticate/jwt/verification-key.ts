import { hash, type KeyObject } from 'node:crypto';
import type { JwtAlgorithm } from './jwt-algorithms.js';
import { type SignatureCheck, signatureCheck } from './jwt-signature.js';

/** Whoever answers for keys: until when what they proved may be believed. */
export interface KeyKeeper {
  holdsAt(nowMs: number): boolean;
}

/** For keys that are configured, and so hold until the configuration changes. */
const CONFIGURED: KeyKeeper = Object.freeze({ holdsAt: () => true });

/** One public key or secret with the checks it may be used for, each bound to it when it was read. */
export class VerificationKey {
  /** Equal for equal keys that may do the same under the same id. */
  readonly fingerprint: string;
  readonly #checks: ReadonlyMap<string, SignatureCheck>;
  #retired = false;

  constructor(
    key: KeyObject,
    readonly algorithms: readonly JwtAlgorithm[],
    /** The `kid` it is published under. */
    readonly keyId?: string | undefined,
    private readonly keeper: KeyKeeper = CONFIGURED,
  ) {
    this.#checks = new Map(algorithms.map((name) => [name, signatureCheck(name, key)]));
    this.fingerprint = hash('sha256', JSON.stringify([keyId, algorithms, material(key)]));
  }

  /** @param algorithm one of its own `algorithms` */
  verifies(algorithm: string, signingInput: string, signature: Buffer): boolean {
    return this.#checks.get(algorithm)?.(signingInput, signature) ?? false;
  }

  /** Its issuer no longer publishes it: nothing it proved holds from now on. */
  retire(): void {
    this.#retired = true;
  }

  /** Whether what it proved may be believed at that time. */
  holdsAt(nowMs: number): boolean {
    return !this.#retired && this.keeper.holdsAt(nowMs);
  }
}

function material(key: KeyObject): string {
  const bytes = key.type === 'secret' ? key.export() : key.export({ type: 'spki', format: 'der' });
  return bytes.toString('base64');
}
