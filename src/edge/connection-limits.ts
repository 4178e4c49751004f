import type { Server, Socket } from 'node:net';
import { addressBlock } from './address-block.js';
import { peerAddress, plainAddress } from './peer-address.js';

/** How many client connections there may be at one time; 0 is no limit. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** Which limit a connection met: that of all together, or that of its client's address. */
export const CONNECTION_REFUSALS = ['total', 'address'] as const;
export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number];

/**
 * Closes connections beyond the limits at once; those that stand are served on.
 *
 * It comes in front of every listener the server has, so that nothing is made for a connection that is refused. What
 * learns a connection's peer from its first bytes must come in front of this one.
 */
export function limitConnections(
  server: Server,
  { maxConnections, maxConnectionsPerAddress }: ConnectionLimits,
  refused: (reason: ConnectionRefusal, address: string) => void,
): void {
  if (maxConnections > 0) {
    server.maxConnections = maxConnections;
    server.on('drop', (dropped) => refused('total', plainAddress(dropped?.remoteAddress)));
  }
  if (maxConnectionsPerAddress === 0) return;
  const counts = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const address = peerAddress(socket);
    const block = addressBlock(address);
    const count = counts.get(block) ?? 0;
    if (count >= maxConnectionsPerAddress) {
      socket.destroy();
      refused('address', address);
      return;
    }
    counts.set(block, count + 1);
    socket.once('close', () => {
      const left = (counts.get(block) as number) - 1;
      if (left === 0) counts.delete(block);
      else counts.set(block, left);
    });
  });
}
