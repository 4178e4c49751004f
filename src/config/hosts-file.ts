import { isIP } from 'node:net';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { HostAddresses } from '../contracts/host-addresses.js';

/** A host name without the dot at its end, as lookups ask for it. */
const NAME = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;

/**
 * Reads the form of `/etc/hosts` (hosts(5)): an address and its names on each line, `#` begins a comment. A name that
 * stands on several lines has all their addresses, in that order.
 *
 * @param problems gets every line that says something else
 */
export function readHostsFile(text: string, where: string, problems: ConfigProblem[]): HostAddresses {
  const hosts = new Map<string, string[]>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    const [address = '', ...names] = words;
    if (address === '') continue;
    const refuse = (message: string): void =>
      void problems.push({ where, message: `line ${index + 1}: ${message}` });
    if (isIP(address) === 0) {
      refuse(`begins with ${JSON.stringify(address)}; must be an IP address with names behind it.`);
      continue;
    }
    if (names.length === 0) refuse(`${address} has no name; give it at least one, or take the line out.`);
    for (const name of names) {
      if (!NAME.test(name))
        refuse(`${JSON.stringify(name)} is no host name; use letters, digits, dashes and dots.`);
      else add(hosts, name.toLowerCase(), address);
    }
  }
  return hosts;
}

function add(hosts: Map<string, string[]>, name: string, address: string): void {
  const known = hosts.get(name);
  if (known === undefined) hosts.set(name, [address]);
  else if (!known.includes(address)) known.push(address);
}
