import { digestOfApiKey } from '../../contracts/api-key-text.js';
import type { Clock } from '../../contracts/clock.js';
import type {
  KongBasicAuthCredential,
  KongConsumer,
  KongJwtSecret,
  KongKeyAuthCredential,
} from '../kong-configuration.js';
import type { KnownConsumer, KongConsumers, OwnedCredential } from '../kong-consumers.js';

/** A key with its end on the clock that never runs backwards. */
interface HeldKey extends OwnedCredential<KongKeyAuthCredential> {
  readonly untilMs: number;
}

/** The consumers of one configuration, indexed by whatever their credentials are looked up by. */
export class ConsumerRegistry implements KongConsumers {
  readonly #byId = new Map<string, KnownConsumer>();
  readonly #byJwtKey = new Map<string, OwnedCredential<KongJwtSecret>>();
  /** By SHA-256: how long a look-up takes says nothing of the keys. */
  readonly #byKeyDigest = new Map<string, HeldKey>();
  readonly #byUsername = new Map<string, OwnedCredential<KongBasicAuthCredential>>();

  constructor(
    consumers: readonly KongConsumer[],
    private readonly clock: Clock,
  ) {
    const loadedAt = clock.monotonic();
    for (const declared of consumers) {
      const owner = knownConsumer(declared);
      this.#byId.set(declared.id, owner);
      for (const credential of declared.jwtSecrets) this.#byJwtKey.set(credential.key, { credential, owner });
      for (const credential of declared.keyAuthCredentials) {
        const { key, ttl } = credential;
        // Kong: 0 has no end either.
        const untilMs = ttl === undefined || ttl === 0 ? Number.POSITIVE_INFINITY : loadedAt + ttl * 1_000;
        this.#byKeyDigest.set(digestOfApiKey(key.reveal()), { credential, owner, untilMs });
      }
      for (const credential of declared.basicAuthCredentials) {
        this.#byUsername.set(credential.username, { credential, owner });
      }
    }
  }

  byId(id: string): KnownConsumer | undefined {
    return this.#byId.get(id);
  }

  byJwtKey(key: string): OwnedCredential<KongJwtSecret> | undefined {
    return this.#byJwtKey.get(key);
  }

  byApiKey(key: string): OwnedCredential<KongKeyAuthCredential> | undefined {
    const held = this.#byKeyDigest.get(digestOfApiKey(key));
    return held !== undefined && this.clock.monotonic() < held.untilMs ? held : undefined;
  }

  byBasicUsername(username: string): OwnedCredential<KongBasicAuthCredential> | undefined {
    return this.#byUsername.get(username);
  }
}

function knownConsumer(declared: KongConsumer): KnownConsumer {
  const { id, username, customId, groups } = declared;
  const consumer = Object.freeze({
    id,
    name: username,
    customId,
    plan: undefined,
    groups: new Set(groups),
  });
  return Object.freeze({ declared, consumer });
}
