import type { Consumer } from '../contracts/principal.js';
import type {
  KongBasicAuthCredential,
  KongConsumer,
  KongJwtSecret,
  KongKeyAuthCredential,
} from './kong-configuration.js';

/** A consumer of the file with the form in which principals carry it. */
export interface KnownConsumer {
  readonly declared: KongConsumer;
  /** `id` is Kong's id, `name` the username, `customId` the custom_id, `groups` the acls. */
  readonly consumer: Consumer;
}

/** A credential with whose it is. */
export interface OwnedCredential<Credential> {
  readonly credential: Credential;
  readonly owner: KnownConsumer;
}

/** The consumers of a configuration, found by what requests show. */
export interface KongConsumers {
  byId(id: string): KnownConsumer | undefined;
  byJwtKey(key: string): OwnedCredential<KongJwtSecret> | undefined;
  /** Never in time that depends on how much of the key is right. Expired ones are not found. */
  byApiKey(key: string): OwnedCredential<KongKeyAuthCredential> | undefined;
  byBasicUsername(username: string): OwnedCredential<KongBasicAuthCredential> | undefined;
}
