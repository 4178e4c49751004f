import type { ApiKeyRecord, Held } from '../consumers/consumer.list.js';

/** A key and whose it is. */
export type HeldKey = Held<ApiKeyRecord>;

/** Knows keys by their digest. */
export interface ApiKeyStore {
  /**
   * `undefined` when there is no such key. A promise only when the store must wait.
   *
   * @param digest lower-case hexadecimal SHA-256
   * @throws GatewayError `identity-unavailable` when it cannot be told now
   */
  find(digest: string): HeldKey | undefined | Promise<HeldKey | undefined>;
}
