import { GatewayError } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import { type AddressRange, parseAddress, parseRange } from './address-range.js';
import { AddressSet } from './address-set.js';
import { IP_RESTRICTION } from './ip-restriction.decorator.js';
import type { IpRestrictionOptions } from './ip-restriction.options.js';

/** Refuses clients by their address: 1. whoever is denied, 2. whoever is not let in. */
export function ipRestrictionStage({ allow, deny }: IpRestrictionOptions): Stage {
  const denied = setOf(deny);
  const allowed = setOf(allow);
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

/** Only for entries that were found sound. */
function setOf(entries: readonly string[] | undefined): AddressSet | undefined {
  return entries && new AddressSet(entries.map((entry) => parseRange(entry) as AddressRange));
}

function refused(): GatewayError {
  return new GatewayError('forbidden', { policy: IP_RESTRICTION, reason: 'address-denied' });
}
