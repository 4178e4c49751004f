/** Groups of an IPv6 address that a network gives to one client (RFC 6177): the first 64 bits. */
const CLIENT_GROUPS = 4;

/** What counts as one client: an IPv4 address by itself, an IPv6 address by its /64, of which one machine has 2⁶⁴. */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  const [front = '', back] = address.split('::');
  const groups = groupsOf(front);
  if (back !== undefined) {
    const tail = groupsOf(back);
    while (groups.length + tail.length < 8) groups.push('0');
    groups.push(...tail);
  }
  const network = groups.slice(0, CLIENT_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/** An IPv4 address at the end stands for two groups; none of the first four, so what they hold does not matter. */
function groupsOf(part: string): string[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
