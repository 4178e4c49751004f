import { hash, randomBytes } from 'node:crypto';

// A plain digest of a weak password could be guessed from a list of digests; this key is in no file and dies with the process.
const KEY = randomBytes(32).toString('hex');

/** What a pair of user name and password is remembered by: a keyed digest of both. */
export function pairDigest(token: string): string {
  // Key first and in one go: a quarter of HMAC's time, and nobody is shown a digest that could be extended.
  return hash('sha256', KEY + token, 'latin1');
}
