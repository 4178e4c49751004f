import type { HeaderEdit } from '../../contracts/header-edit.js';
import { type Principal, principalOf } from '../../contracts/principal.js';
import type { KnownConsumer, OwnedCredential } from '../kong-consumers.js';
import { consumerHeaders } from './consumer-headers.js';

/** Who a request is from, with what its upstream is told of that. Made once for as long as it holds. */
export interface AcceptedCredential {
  readonly principal: Principal;
  readonly edits: readonly HeaderEdit[];
}

/** Why nobody was accepted, with what the client reads; each is made at boot. */
export interface CredentialRefusal {
  /** A stable code for logs and metrics. */
  readonly reason: string;
  readonly message: string | Readonly<Record<string, unknown>>;
  /** Flat name/value pairs. */
  readonly headers: readonly string[];
}

/**
 * @param credential its id, by which it is counted and logged
 * @param told what the upstream knows it by
 */
export function accepted(
  parts: Partial<Principal> & Pick<Principal, 'method'>,
  { consumer }: KnownConsumer,
  credential: string,
  told: string,
): AcceptedCredential {
  const principal = principalOf({ ...parts, consumer, credential });
  return Object.freeze({ principal, edits: consumerHeaders(consumer, told) });
}

/** Makes each credential's {@link accepted} when it is first shown, and keeps it for as long as the credential is there. */
export function acceptedOnce<Credential>(
  make: (owned: OwnedCredential<Credential>) => AcceptedCredential,
): (owned: OwnedCredential<Credential>) => AcceptedCredential {
  const known = new WeakMap<OwnedCredential<Credential>, AcceptedCredential>();
  return (owned) => {
    let made = known.get(owned);
    if (made === undefined) {
      made = make(owned);
      known.set(owned, made);
    }
    return made;
  };
}

/** Stands for whoever showed no credential that counts: a consumer without one. */
export function anonymous({ consumer }: KnownConsumer): AcceptedCredential {
  const principal = principalOf({ method: 'anonymous', subject: consumer.id, consumer });
  return Object.freeze({ principal, edits: consumerHeaders(consumer, undefined) });
}

export const isRefusal = (outcome: AcceptedCredential | CredentialRefusal): outcome is CredentialRefusal =>
  'reason' in outcome;
