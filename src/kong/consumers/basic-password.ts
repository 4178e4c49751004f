import { hash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { KongBasicAuthCredential } from '../kong-configuration.js';
import type { OwnedCredential } from '../kong-consumers.js';

type OwnedPassword = OwnedCredential<KongBasicAuthCredential>;

/** What is known of a password: its SHA-1 together with whose it is. */
interface PasswordDigest {
  readonly salt: string;
  readonly digest: Buffer;
}

const KNOWN = new WeakMap<KongBasicAuthCredential, PasswordDigest>();
/** Stands in for a user nobody is, so that one is refused in the time a wrong password takes. */
const NOBODY: PasswordDigest = Object.freeze({ salt: randomUUID(), digest: digestOf('', randomUUID()) });

/**
 * Whether a password is the credential's. It takes as long for a credential that is not there as for a wrong password.
 *
 * Kong's form is kept for plain passwords too: the file that holds them is what must be guarded, and a slower hash would
 * be paid for by every request, so by whoever wants to hold the gateway up with guesses.
 */
export function isPasswordOf(owned: OwnedPassword | undefined, password: Buffer): owned is OwnedPassword {
  const known = owned === undefined ? NOBODY : passwordDigest(owned);
  const same = timingSafeEqual(digestOf(password, known.salt), known.digest);
  return same && owned !== undefined;
}

/** Worked out when the consumer is read. */
export function passwordDigest({ credential, owner }: OwnedPassword): PasswordDigest {
  let known = KNOWN.get(credential);
  if (known === undefined) {
    const salt = owner.declared.id;
    const text = credential.password.reveal();
    known = { salt, digest: credential.hashed ? Buffer.from(text, 'hex') : digestOf(text, salt) };
    KNOWN.set(credential, known);
  }
  return known;
}

/** SHA-1 of the password followed by the consumer's id, as Kong stores it. */
function digestOf(password: string | Buffer, consumerId: string): Buffer {
  return hash('sha1', Buffer.concat([Buffer.from(password), Buffer.from(consumerId)]), 'buffer');
}

/** Whether a hash has the form that can be compared. */
export const isPasswordHash = (text: string): boolean => /^[0-9a-f]{40}$/i.test(text);
