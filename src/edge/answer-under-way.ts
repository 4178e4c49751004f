import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DownstreamLine } from '../contracts/downstream.js';

/** What node:http keeps on a client's connection. */
interface ServedSocket {
  readonly _httpMessage?: ServerResponse | null;
  readonly parser?: { readonly incoming?: IncomingMessage | null } | null;
}

/** The answer that a connection is sending or waiting for; later ones queue up behind it. */
export function answerUnderWay(socket: DownstreamLine): ServerResponse | undefined {
  return (socket as ServedSocket)._httpMessage ?? undefined;
}

/** The request whose body a connection is in the middle of. */
export function bodyUnderWay(socket: DownstreamLine): IncomingMessage | undefined {
  const incoming = (socket as ServedSocket).parser?.incoming;
  return incoming?.complete === false ? incoming : undefined;
}
