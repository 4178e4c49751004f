import type { BlockList } from 'node:net';

/** Writes an IPv4 address that came through a dual-stack socket as IPv4 (RFC 4291, section 2.5.5.2). */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/**
 * The client's address. Without a trusted peer that is the peer itself, whatever headers say.
 * Behind trusted proxies it is the right-most address in `X-Forwarded-For` that is not one of them.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: BlockList | undefined,
): string {
  if (trusted === undefined || forwardedFor === undefined || !isTrusted(peer, trusted)) return peer;
  const hops = forwardedFor.split(',');
  let address = peer;
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = plainAddress((hops[i] as string).trim());
    // A hop that is no address was not written by a proxy of ours: what stands left of it cannot be believed.
    if (!ADDRESS.test(hop)) return address;
    address = hop;
    if (!isTrusted(hop, trusted)) return hop;
  }
  return address;
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$/;

function isTrusted(address: string, trusted: BlockList): boolean {
  try {
    return trusted.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  } catch {
    return false;
  }
}
