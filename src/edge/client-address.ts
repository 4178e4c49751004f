import type { BlockList } from 'node:net';
import type { ForwardedOrigin } from '../contracts/forwarded-origin.js';
import { ForwardedElements } from './forwarded-header.js';
import { hopAddress, nodeAddress } from './forwarded-hop.js';

/** Longer chains of proxies do not exist; whoever writes one is not led through all of it. */
export const MAX_HOPS = 64;

/** Whether an address is one of the proxies that are believed. */
export function isTrusted(address: string, trusted: BlockList): boolean {
  // A socket that is gone already has no address.
  return address !== '' && trusted.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

/**
 * Walks from a trusted peer to the client, and keeps what the proxies on the way say the client used.
 *
 * Each proxy appends whom it was called by, so the lists are read from right to left and the last field first. The
 * walk goes on as long as the address just read is itself a trusted proxy. It ends in front of what is no address,
 * `unknown` and obfuscated names included: that was not said by anybody who is trusted, or says nothing.
 */
export class ClientWalk {
  proto: ForwardedOrigin['proto'];
  host: string | undefined;
  #hops = 0;
  #ended = false;

  constructor(
    /** The peer's; afterwards the client's. */
    public address: string,
    readonly trusted: BlockList,
  ) {}

  /** Walks through one field of `X-Forwarded-For`. */
  throughForwardedFor(field: string): void {
    let end = field.length;
    while (!this.#ended && end >= 0) {
      const comma = end === 0 ? -1 : field.lastIndexOf(',', end - 1);
      this.#to(hopAddress(withoutBlanks(field, comma + 1, end)));
      end = comma;
    }
  }

  /**
   * Walks through one field of `Forwarded`. Scheme and host are those of the last element reached: its writer was
   * trusted and stands nearest to the client.
   */
  throughForwarded(field: string): void {
    const elements = new ForwardedElements(field);
    while (!this.#ended && !elements.done) {
      const element = elements.previous();
      if (element !== undefined) {
        this.proto = asScheme(element.proto);
        this.host = element.host;
      }
      this.#to(element?.for === undefined ? undefined : nodeAddress(element.for));
    }
  }

  #to(address: string | undefined): void {
    if (address === undefined) {
      this.#ended = true;
      return;
    }
    this.address = address;
    this.#hops++;
    this.#ended = this.#hops === MAX_HOPS || !isTrusted(address, this.trusted);
  }
}

/** A scheme in any case; `undefined` for every other text. */
export function asScheme(text: string | undefined): ForwardedOrigin['proto'] {
  if (text === undefined || text.length > 'https'.length) return undefined;
  const scheme = text.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

function withoutBlanks(field: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(field.charCodeAt(start))) start++;
  while (end > start && isBlank(field.charCodeAt(end - 1))) end--;
  return field.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
