import { ADDRCONFIG, type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import type { HostAddresses } from '../contracts/host-addresses.js';

type Answer = (error: Error | null, addresses: readonly LookupAddress[]) => void;

/** Finds all addresses of a name, of both families. */
export type Lookup = (host: string, answer: Answer) => void;

/** As `net.connect` does it: through the system, so that `/etc/hosts` and its kin count. */
export const lookupBySystem: Lookup = (host, answer) =>
  systemLookup(host, { all: true, hints: ADDRCONFIG, order: 'verbatim' }, answer);

/** Answers the names of a list from the list, and asks for all others. */
export function lookupIn(hosts: HostAddresses, others: Lookup = lookupBySystem): Lookup {
  return (host, answer) => {
    const known = hosts.get(host.toLowerCase());
    if (known === undefined) others(host, answer);
    else
      answer(
        null,
        known.map((address) => ({ address, family: isIP(address) })),
      );
  };
}
