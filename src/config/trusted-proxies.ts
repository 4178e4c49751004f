import { BlockList, isIP } from 'node:net';

/**
 * Makes the matcher for the proxies whose forwarding headers are believed out of addresses and CIDR ranges.
 *
 * @throws TypeError naming the first entry that is neither
 */
export function trustedProxies(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix, ...rest] = range.split('/');
    const family = isIP(address);
    const bits = family === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    // A zone means something on one machine only; the matcher would drop it and trust that address on every link.
    if (family === 0 || address.includes('%') || rest.length > 0 || length < 0 || length > bits) {
      throw new TypeError(`${JSON.stringify(range)} is neither an IP address nor a CIDR range.`);
    }
    list.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
