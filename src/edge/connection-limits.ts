import type { Server, Socket } from 'node:net';
import { addressBlock } from './address-block.js';
import { isAdmitted } from './admitted-connection.js';
import { peerAddress, plainAddress } from './peer-address.js';

/** How many client connections there may be at one time; 0 is no limit. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** Which limit a connection met: that of all together, or that of its client's address. */
export const CONNECTION_REFUSALS = ['total', 'address'] as const;
export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number];

/** Told of each connection that a limit closed. */
export type ConnectionRefused = (reason: ConnectionRefusal, address: string) => void;

/**
 * Closes connections beyond the limits at once; those that stand are served on. All listeners of a gateway share them.
 *
 * The limit per address comes in front of every listener a server has, so that nothing is made for a connection that is
 * refused. What learns a connection's peer from its first bytes must come in front of it, and
 * {@link limitAllConnections} in front of that.
 */
export function limitConnections(
  servers: readonly Server[],
  { maxConnectionsPerAddress }: ConnectionLimits,
  refused: ConnectionRefused,
): void {
  if (maxConnectionsPerAddress === 0) return;
  const counts = new Map<string, number>();
  const count = (socket: Socket): void => {
    if (socket.destroyed || isAdmitted(socket)) return;
    const address = peerAddress(socket);
    const block = addressBlock(address);
    const standing = counts.get(block) ?? 0;
    if (standing >= maxConnectionsPerAddress) {
      socket.destroy();
      refused('address', address);
      return;
    }
    counts.set(block, standing + 1);
    socket.once('close', () => {
      const left = (counts.get(block) as number) - 1;
      if (left === 0) counts.delete(block);
      else counts.set(block, left);
    });
  };
  for (const server of servers) server.prependListener('connection', count);
}

/** Counts every connection from its first moment, those that have yet to say who their client is included. */
export function limitAllConnections(
  servers: readonly Server[],
  { maxConnections }: ConnectionLimits,
  refused: ConnectionRefused,
): void {
  if (maxConnections === 0) return;
  const [only, ...more] = servers;
  if (only !== undefined && more.length === 0) {
    // No socket is even made for one that is too many.
    only.maxConnections = maxConnections;
    only.on('drop', (dropped) => refused('total', plainAddress(dropped?.remoteAddress)));
    return;
  }
  let standing = 0;
  const count = (socket: Socket): void => {
    if (isAdmitted(socket)) return;
    if (standing >= maxConnections) {
      const address = plainAddress(socket.remoteAddress);
      socket.destroy();
      refused('total', address);
      return;
    }
    standing++;
    socket.once('close', () => standing--);
  };
  for (const server of servers) server.prependListener('connection', count);
}
