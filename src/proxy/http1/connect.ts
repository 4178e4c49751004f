import { connect, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import type { Target } from '../../contracts/forwarder.js';

/**
 * Opens a connection to a target; `ready` is called once it can carry a request.
 * Reads must go to `onread`. Another transport, TLS for one, is another function of this shape.
 */
export type Connect = (target: Target, onread: OnReadOpts, ready: () => void) => Socket;

/** Where the names of targets lead; an address book is one. */
export interface Names {
  readonly lookup: LookupFunction;
  /** @throws Error for a host that must not be connected to */
  admit(host: string): void;
}

/** How long one address gets before the next is tried beside it (RFC 8305, section 5). */
const NEXT_ADDRESS_MS = 250;

/** The part of every dial that finds the target. Both address families are tried. */
export function destination({ host, port }: Target, names: Names | undefined) {
  names?.admit(host);
  return {
    host,
    port,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    ...(names === undefined ? {} : { lookup: names.lookup }),
  };
}

/** Plain TCP. @throws Error for a target that asks for TLS: a request never goes out in the clear by mistake */
export const tcpTo =
  (names?: Names): Connect =>
  (target, onread, ready) => {
    if (target.tls) throw new Error('this target needs a connect function that speaks TLS');
    return connect({ ...destination(target, names), onread }, ready);
  };

/** Plain TCP, names resolved by the system. */
export const connectTcp: Connect = tcpTo();
