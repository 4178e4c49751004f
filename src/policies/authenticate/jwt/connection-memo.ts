import type { DownstreamLine } from '../../../contracts/downstream.js';
import type { KnownToken } from './known-token.js';
import type { Remembered } from './remembered.js';

const LAST = Symbol('portcullis.last-credentials');

interface Last {
  readonly owner: object;
  readonly credentials: string;
  readonly known: Remembered;
}

type Carrier = DownstreamLine & { [LAST]?: Last };

/**
 * What the last credentials on this connection proved, if these are the same and `owner` verified them.
 *
 * Most connections carry one client: comparing two strings costs a tenth of a digest and a lookup. The owner stands for
 * the verifier, so that two routes with different issuers never take each other's word, nor a new key that of an old one.
 */
export function recallLast<Known extends Remembered = KnownToken>(
  socket: DownstreamLine,
  owner: object,
  credentials: string,
): Known | undefined {
  const last = (socket as Carrier)[LAST];
  if (last === undefined || last.owner !== owner || last.credentials !== credentials) return undefined;
  // Whoever asks with this owner is who remembered with it.
  return last.known as Known;
}

export function rememberLast(
  socket: DownstreamLine,
  owner: object,
  credentials: string,
  known: Remembered,
): void {
  (socket as Carrier)[LAST] = { owner, credentials, known };
}
