import type { Consumer } from '../../../contracts/principal.js';

/** One API key, by its digest alone. */
export interface ApiKeyRecord {
  /** Public: what logs and upstreams know the key by. */
  readonly id: string;
  /** Lower-case hexadecimal SHA-256 of the key. */
  readonly digest: string;
  readonly scopes: ReadonlySet<string>;
  /** Milliseconds since the epoch; `undefined` has no such end. */
  readonly notBeforeMs: number | undefined;
  readonly expiresAtMs: number | undefined;
}

/** One user name with the hash of its password, in the PHC string format: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
export interface PasswordRecord {
  readonly username: string;
  readonly hash: string;
  readonly scopes: ReadonlySet<string>;
}

/** What a client certificate must say to belong to the consumer; every part that is given must hold. */
export interface CertificateRecord {
  /** Public: what logs and upstreams know the credential by. */
  readonly id: string;
  /** SHA-256 over the DER, lower-case hexadecimal. */
  readonly fingerprint: string | undefined;
  /** The subject's common name. */
  readonly commonName: string | undefined;
  /** One of the subjectAltName entries, as `ClientCertificate.names` writes it. */
  readonly name: string | undefined;
  readonly scopes: ReadonlySet<string>;
}

/** A registered client with its credentials. */
export interface ConsumerEntry {
  readonly consumer: Consumer;
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly passwords: readonly PasswordRecord[];
  readonly certificates: readonly CertificateRecord[];
}

/** A credential and whose it is. */
export interface Held<Record> {
  readonly consumer: Consumer;
  readonly record: Record;
}

/** An immutable list of consumers, indexed by whatever a credential is looked up by. */
export class ConsumerList {
  static readonly EMPTY = new ConsumerList([]);
  readonly #byId = new Map<string, Consumer>();
  readonly #byDigest = new Map<string, Held<ApiKeyRecord>>();
  readonly #byUsername = new Map<string, Held<PasswordRecord>>();
  readonly certificates: readonly Held<CertificateRecord>[];
  readonly passwords: readonly PasswordRecord[];

  constructor(entries: readonly ConsumerEntry[]) {
    for (const { consumer, apiKeys, passwords } of entries) {
      this.#byId.set(consumer.id, consumer);
      for (const record of apiKeys) this.#byDigest.set(record.digest, { consumer, record });
      for (const record of passwords) this.#byUsername.set(record.username, { consumer, record });
    }
    this.certificates = entries.flatMap(({ consumer, certificates }) =>
      certificates.map((record) => ({ consumer, record })),
    );
    this.passwords = entries.flatMap(({ passwords }) => passwords);
  }

  get size(): number {
    return this.#byId.size;
  }

  byId(id: string): Consumer | undefined {
    return this.#byId.get(id);
  }

  apiKey(digest: string): Held<ApiKeyRecord> | undefined {
    return this.#byDigest.get(digest);
  }

  password(username: string): Held<PasswordRecord> | undefined {
    return this.#byUsername.get(username);
  }
}
