import { parseStrictObject } from '../../../contracts/strict-json.js';
import type { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { ConsumerReader } from '../consumers/consumer.reader.js';
import type { HeldKey } from './api-key.store.js';

/**
 * Reads what Redis holds of a key: `{ "consumer": { "id": "acme", … }, "id": "k1", "scopes": […], "expiresAt": … }`, the
 * members of the consumers file without the digest, which the record stands under.
 *
 * The consumer is the one the gateway's own list has under that id, where it has one.
 *
 * @returns the mistakes, in plain words and without a word of the record, when it cannot be used
 */
export function readSharedKey(text: string, digest: string, consumers: ConsumerDirectory): HeldKey | string {
  const document = parseStrictObject(Buffer.from(text));
  if (document === undefined)
    return 'The record of an API key is not one JSON object without repeated members.';
  const { consumer: declared, ...key } = document;
  const reader = new ConsumerReader('Redis');
  const entry = reader.consumer(declared, 'consumer');
  const record = reader.apiKey({ ...key, digest: `sha256:${digest}` }, 'key');
  if (entry === undefined || record === undefined) {
    const faults = reader.problems.map(({ message }) => message).join(' ');
    return `The record of an API key cannot be used: ${faults}`;
  }
  return { consumer: consumers.byId(entry.consumer.id) ?? entry.consumer, record };
}
