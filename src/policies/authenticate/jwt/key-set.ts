import type { VerificationKey } from './verification-key.js';

/** Why a set has no key for a token. */
type NoKey = 'unknown-key' | 'algorithm' | 'ambiguous-key';

/** Two keys of one set that a token could mean. */
const AMBIGUOUS = Symbol('ambiguous');

type ByAlgorithm = Map<string, VerificationKey | typeof AMBIGUOUS>;

/** An immutable set of keys: a token finds its key by `kid` and `alg` together, never by one of them alone. */
export class KeySet {
  readonly #byId = new Map<string, ByAlgorithm>();
  readonly #byAlgorithm: ByAlgorithm = new Map();

  constructor(
    readonly keys: readonly VerificationKey[],
    /** A key that was given without a name is meant whatever a token calls it. */
    private readonly unnamed = false,
  ) {
    for (const key of keys) {
      file(this.#byAlgorithm, key);
      if (key.keyId === undefined) continue;
      const named = this.#byId.get(key.keyId) ?? new Map();
      file(named, key);
      this.#byId.set(key.keyId, named);
    }
  }

  /** The set of one key that has no name. */
  static ofOne(key: VerificationKey): KeySet {
    return new KeySet([key], true);
  }

  /** A token without a `kid` is taken only where exactly one key of the set can be meant. */
  find(algorithm: string, keyId: string | undefined): VerificationKey | NoKey {
    const candidates = keyId === undefined || this.unnamed ? this.#byAlgorithm : this.#byId.get(keyId);
    if (candidates === undefined) return 'unknown-key';
    const found = candidates.get(algorithm);
    if (found === undefined) return 'algorithm';
    return found === AMBIGUOUS ? 'ambiguous-key' : found;
  }
}

function file(index: ByAlgorithm, key: VerificationKey): void {
  for (const name of key.algorithms) index.set(name, index.has(name) ? AMBIGUOUS : key);
}
