import { isIP, SocketAddress } from 'node:net';
import { plainAddress } from './peer-address.js';

/** `ffff:…:ffff:255.255.255.255`, with brackets and a port: nothing longer can be a hop. */
const LONGEST_HOP = 45 + '[]:65535'.length;

/**
 * The address in one entry of `X-Forwarded-For`: bare or with a port, IPv6 with or without brackets. `undefined` when
 * it is anything else, zone ids included. One address has one spelling: IPv6 as RFC 5952 writes it, IPv4 inside IPv6
 * as IPv4.
 */
export function hopAddress(hop: string): string | undefined {
  if (hop.length > LONGEST_HOP) return undefined;
  if (hop.startsWith('[')) return bracketedAddress(hop, PORT);
  const colon = hop.indexOf(':');
  // One colon is a port's; an IPv6 address has two at least.
  if (colon < 0 || hop.includes(':', colon + 1)) return canonicalAddress(hop);
  return PORT.test(hop.slice(colon + 1)) ? addressOf(hop.slice(0, colon), 4) : undefined;
}

/**
 * The address in a node of `Forwarded` (RFC 7239, section 6): IPv4, or IPv6 in brackets, with a port or an obfuscated
 * one. `undefined` for `unknown`, for obfuscated nodes and for what is no node.
 */
export function nodeAddress(node: string): string | undefined {
  if (node.startsWith('[')) return bracketedAddress(node, NODE_PORT);
  const colon = node.indexOf(':');
  if (colon < 0) return addressOf(node, 4);
  return NODE_PORT.test(node.slice(colon + 1)) ? addressOf(node.slice(0, colon), 4) : undefined;
}

/** One spelling for each IP address; `undefined` for what is none. */
export function canonicalAddress(text: string): string | undefined {
  return addressOf(text, isIP(text));
}

function bracketedAddress(text: string, port: RegExp): string | undefined {
  const end = text.indexOf(']');
  if (end < 0) return undefined;
  const rest = text.slice(end + 1);
  if (rest !== '' && !(rest.startsWith(':') && port.test(rest.slice(1)))) return undefined;
  return addressOf(text.slice(1, end), 6);
}

function addressOf(text: string, family: number): string | undefined {
  if (family === 0 || isIP(text) !== family) return undefined;
  if (family === 4) return text;
  // A zone is no part of an address that another machine can mean (RFC 6874, section 1).
  if (text.includes('%')) return undefined;
  return plainAddress(new SocketAddress({ address: text, family: 'ipv6' }).address);
}

const PORT_NUMBER = '(?:\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const PORT = new RegExp(`^${PORT_NUMBER}$`);
const NODE_PORT = new RegExp(`^(?:${PORT_NUMBER}|_[A-Za-z0-9._-]+)$`);
