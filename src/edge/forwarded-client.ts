import type { BlockList } from 'node:net';
import type { ForwardedOrigin } from '../contracts/forwarded-origin.js';
import { asScheme, ClientWalk, isTrusted } from './client-address.js';
import type { Peer } from './peer-address.js';
import { isSoundHost } from './request-host.js';

/** A client as its trusted proxies describe it. */
export interface ForwardedClient {
  readonly address: string;
  readonly origin: ForwardedOrigin | undefined;
}

/**
 * Reads what a trusted peer's forwarding headers say of the client. `undefined` when the peer is not trusted, or sent
 * none.
 *
 * `Forwarded` is read only where `X-Forwarded-For` is absent, and each `X-Forwarded-*` field wins over what `Forwarded`
 * says of the same. `X-Forwarded-Proto`, `-Host` and `-Port` count when they were sent once and hold one valid value.
 */
export function forwardedClient(
  peer: Peer,
  rawHeaders: readonly string[],
  trusted: BlockList,
): ForwardedClient | undefined {
  peer.trusted ??= isTrusted(peer.address, trusted);
  if (!peer.trusted) return undefined;

  let walk: ClientWalk | undefined;
  let lastForwarded = -1;
  let sentHost: string | undefined;
  let proto: string | undefined;
  let host: string | undefined;
  let port: string | undefined;
  // From the last field to the first: the last was written nearest to us.
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    const spelling = rawHeaders[i] as string;
    const { length } = spelling;
    if (length !== 4 && length !== 9 && length !== 15 && length !== 16 && length !== 17) continue;
    const value = rawHeaders[i + 1] as string;
    switch (spelling.toLowerCase()) {
      case 'host':
        sentHost = value;
        break;
      case 'forwarded':
        if (lastForwarded < 0) lastForwarded = i;
        break;
      case 'x-forwarded-for':
        walk ??= new ClientWalk(peer.address, trusted);
        walk.throughForwardedFor(value);
        break;
      case 'x-forwarded-proto':
        proto = proto === undefined ? value : REPEATED;
        break;
      case 'x-forwarded-host':
        host = host === undefined ? value : REPEATED;
        break;
      case 'x-forwarded-port':
        port = port === undefined ? value : REPEATED;
        break;
    }
  }
  if (walk === undefined && lastForwarded >= 0) {
    walk = new ClientWalk(peer.address, trusted);
    walkForwarded(walk, rawHeaders, lastForwarded);
  }
  if (walk === undefined && proto === undefined && host === undefined && port === undefined) return undefined;
  return {
    address: walk?.address ?? peer.address,
    origin: originOf(
      proto === undefined ? walk?.proto : asScheme(proto),
      validHost(host ?? walk?.host),
      validPort(port),
      sentHost,
      peer.reached,
    ),
  };
}

/** Two fields of one name are no answer, even when they agree. No valid value looks like this. */
const REPEATED = '';

function walkForwarded(walk: ClientWalk, rawHeaders: readonly string[], last: number): void {
  for (let i = last; i >= 0; i -= 2) {
    const spelling = rawHeaders[i] as string;
    if (spelling.length === 9 && spelling.toLowerCase() === 'forwarded') {
      walk.throughForwarded(rawHeaders[i + 1] as string);
    }
  }
}

function originOf(
  proto: ForwardedOrigin['proto'],
  host: string | undefined,
  port: string | undefined,
  sentHost: string | undefined,
  reached: ForwardedOrigin | undefined,
): ForwardedOrigin | undefined {
  // Our own port is not the one that belongs to a scheme somebody else served.
  const implied =
    proto === undefined ? reached?.port : (hostPort(host ?? sentHost) ?? (proto === 'https' ? '443' : '80'));
  const believed = port ?? hostPort(host) ?? implied;
  if (proto === undefined && host === undefined && believed === undefined) return undefined;
  return { proto, host, port: believed };
}

function validHost(host: string | undefined): string | undefined {
  return host !== undefined && isSoundHost(host) ? host : undefined;
}

/** The port written behind a sound host. */
function hostPort(host: string | undefined): string | undefined {
  return host === undefined ? undefined : validPort(/:(\d+)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1]);
}

function validPort(port: string | undefined): string | undefined {
  return port !== undefined && /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 ? port : undefined;
}
