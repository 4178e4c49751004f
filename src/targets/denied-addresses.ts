import { BlockList, isIP } from 'node:net';
import { nearestName } from '../contracts/option-check.js';

/** The ranges behind each word that an upstream's `dns.deny` may hold. */
const RANGES: Readonly<Record<string, readonly string[]>> = {
  // "This network" (RFC 1122, section 3.2.1.3) and the unspecified address reach the machine itself on Linux.
  loopback: ['127.0.0.0/8', '::1/128', '0.0.0.0/8', '::/128'],
  // RFC 3927, RFC 4291; where clouds keep their metadata service.
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  // RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193, RFC 3879 (site-local), RFC 8215 (NAT64 for local use).
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    'fc00::/7',
    'fec0::/10',
    '64:ff9b:1::/48',
  ],
};

const CIDR = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/;

/** Addresses that are never connected to, whatever a name resolves to. */
export class DeniedAddresses {
  readonly #ranges = new BlockList();

  /** @param entries words and ranges that {@link denyProblem} found sound */
  constructor(entries: readonly string[]) {
    for (const range of entries.flatMap((entry) => RANGES[entry] ?? [entry])) this.#add(range);
  }

  /** Whether an address is among them; an IPv4 address written as an IPv6 one is the same address. */
  has(address: string): boolean {
    // A zone names an interface, not another address, and hides it from the list.
    const [plain = ''] = address.split('%', 1);
    const version = isIP(plain);
    return version !== 0 && this.#ranges.check(plain, `ipv${version as 4 | 6}`);
  }

  #add(range: string): void {
    const [, address = '', digits] = CIDR.exec(range) ?? [];
    const version = isIP(address) as 4 | 6;
    const prefix = digits === undefined ? (version === 4 ? 32 : 128) : Number(digits);
    this.#ranges.addSubnet(address, prefix, `ipv${version}`);
  }
}

/** What an entry of a deny list must be, in words that finish "… is 7; "; `undefined` when it is sound. */
export function denyProblem(entry: unknown): string | undefined {
  const words = Object.keys(RANGES);
  const allowed = `must be ${words.join(', ')}, an IP address or a CIDR range`;
  if (typeof entry !== 'string') return `${allowed}.`;
  if (Object.hasOwn(RANGES, entry) || isRange(entry)) return undefined;
  const nearest = nearestName(entry, words);
  return nearest === undefined ? `${allowed}.` : `${allowed}; did you mean ${nearest}?`;
}

function isRange(entry: string): boolean {
  const [, address = '', digits] = CIDR.exec(entry) ?? [];
  const version = isIP(address);
  return version !== 0 && (digits === undefined || Number(digits) <= (version === 4 ? 32 : 128));
}
