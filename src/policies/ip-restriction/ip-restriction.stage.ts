import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import { type AddressRange, parseAddress, parseRange } from './address-range.js';
import { AddressSet } from './address-set.js';
import { IP_RESTRICTION } from './ip-restriction.decorator.js';
import type { IpRestrictionOptions } from './ip-restriction.options.js';

/** Reads an entry that was found sound. */
type RangeReader = (entry: string) => AddressRange | string;

/** Refuses clients by their address: 1. whoever is denied, 2. whoever is not let in. */
export function ipRestrictionStage(
  { allow, deny }: IpRestrictionOptions,
  read: RangeReader = parseRange,
): Stage {
  const denied = setOf(deny, read);
  const allowed = setOf(allow, read);
  return ({ clientAddress }) => {
    const address = parseAddress(clientAddress);
    // A connection that is gone has no address, and no answer that matters.
    if (address === undefined) throw refused();
    // 1.
    if (denied?.has(address)) throw refused();
    // 2.
    if (allowed !== undefined && !allowed.has(address)) throw refused();
  };
}

function setOf(entries: readonly string[] | undefined, read: RangeReader): AddressSet | undefined {
  return entries && new AddressSet(entries.map((entry) => read(entry) as AddressRange));
}

function refused(): GatewayError {
  return new GatewayError('forbidden', { policy: IP_RESTRICTION, reason: 'address-denied' });
}
