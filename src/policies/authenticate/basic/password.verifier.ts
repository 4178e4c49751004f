import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ConsumerList, Held, PasswordRecord } from '../consumers/consumer.list.js';
import type { BasicCredentials } from './basic-credentials.js';
import { deriveHash, type PasswordHash, parsePasswordHash, SCRYPT_COST } from './password-hash.js';

/** Says whose password it is. Takes as long for a name that nobody has as for a password that is wrong. */
export class PasswordVerifier {
  /** Each list's hashes, taken apart once. */
  readonly #parsed = new WeakMap<PasswordRecord, PasswordHash | string>();
  readonly #decoys = new WeakMap<ConsumerList, readonly PasswordHash[]>();
  readonly #key = randomBytes(32);

  /** `undefined` when the name or the password is wrong, or the list holds a hash that cannot be used. */
  async verify(
    { username, password }: BasicCredentials,
    list: ConsumerList,
  ): Promise<Held<PasswordRecord> | undefined> {
    const held = list.password(username);
    const own = held === undefined ? undefined : this.#hashOf(held.record);
    const { cost, salt, hash } = own ?? this.#decoy(username, list);
    const derived = await deriveHash(password, salt, hash.length, cost);
    // A decoy's hash is compared too, and never counts.
    const same = timingSafeEqual(derived, hash);
    return same && own !== undefined ? held : undefined;
  }

  #hashOf(record: PasswordRecord): PasswordHash | undefined {
    let parsed = this.#parsed.get(record);
    if (parsed === undefined) {
      parsed = parsePasswordHash(record.hash);
      this.#parsed.set(record, parsed);
    }
    return typeof parsed === 'string' ? undefined : parsed;
  }

  /**
   * A hash to work on in place of one that is not there. Where hashes cost differently, a name nobody has costs what
   * one of the list does, the same at every try, so that its time looks like anybody's.
   */
  #decoy(username: string, list: ConsumerList): PasswordHash {
    let decoys = this.#decoys.get(list);
    if (decoys === undefined) {
      decoys = list.passwords.flatMap((record) => this.#hashOf(record) ?? []);
      if (decoys.length === 0) decoys = [DECOY];
      this.#decoys.set(list, decoys);
    }
    const pick = createHmac('sha256', this.#key).update(username).digest().readUIntBE(0, 6);
    return decoys[pick % decoys.length] as PasswordHash;
  }
}

const DECOY: PasswordHash = { cost: SCRYPT_COST, salt: randomBytes(16), hash: randomBytes(32) };
