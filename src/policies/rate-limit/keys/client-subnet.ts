import { normalizeIp } from '@nestjs/throttler';

/** IPv6 spellings remembered; clients on one connection come with the same one again and again. */
const REMEMBERED = 10_000;

/**
 * Makes the function that gives all addresses of one client the same spelling: IPv4 as it is, IPv4 inside IPv6 as IPv4,
 * IPv6 as its subnet, because one client owns a whole subnet and may walk through it.
 */
export function clientSubnet(ipv6Prefix: number): (address: string) => string {
  const known = new Map<string, string>();
  return (address) => {
    if (!address.includes(':')) return address;
    let subnet = known.get(address);
    if (subnet === undefined) {
      if (known.size >= REMEMBERED) known.clear();
      subnet = normalizeIp(address, ipv6Prefix);
      known.set(address, subnet);
    }
    return subnet;
  };
}
