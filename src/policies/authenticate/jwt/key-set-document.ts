import type { JsonObject } from '../../../contracts/strict-json.js';
import { type JwkKey, readJwk } from './jwk.js';

/** No issuer rotates through as many; each costs a look at boot and at every refresh. */
export const KEYS_LIMIT = 100;

/** The usable keys of a document, and why each of the others is not. */
export interface ReadKeySet {
  readonly keys: readonly JwkKey[];
  readonly unusable: readonly string[];
}

/**
 * Reads a JWK Set (RFC 7517, section 5); `undefined` when the document is none. As that section asks, keys that are not
 * understood, or are for something else, are passed over.
 *
 * @param symmetric whether shared secrets count; never in what an issuer publishes
 */
export function readKeySet(document: JsonObject, symmetric: boolean): ReadKeySet | undefined {
  const given = document['keys'];
  if (!Array.isArray(given) || given.length > KEYS_LIMIT) return undefined;
  const keys: JwkKey[] = [];
  const unusable: string[] = [];
  for (const each of given) {
    const read = readJwk(each, symmetric);
    if (typeof read === 'string') unusable.push(read);
    else keys.push(read);
  }
  return { keys, unusable };
}
