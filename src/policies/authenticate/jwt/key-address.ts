import { calloutUrlFault } from '../../../contracts/callout-url.js';

/** What an address of keys must be, in words that finish "must be …". */
export const KEY_ADDRESS_RULE = 'an https:// URL without credentials (http:// only for a loopback host)';

/** Keys fetched without TLS could be anyone's: plain http is only for the same machine. */
export function isKeyAddress(value: unknown): value is string {
  return calloutUrlFault(value, 'loopback') === undefined;
}
