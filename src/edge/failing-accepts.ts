import type { AddressInfo, Server } from 'node:net';

/** Told of an error of accept(2), and of the port it was met on. */
export type AcceptFailing = (code: string, port: number) => void;

/**
 * Tells of connections that the system would not hand over, with its error code. Without a listener one such error would
 * end the process.
 *
 * Where file descriptors run out, libuv closes what waits to be accepted and says nothing: that is seen from outside only.
 */
export function tellFailingAccepts(server: Server, failing: AcceptFailing): void {
  server.on('error', (error: NodeJS.ErrnoException) => {
    // Until it listens, whoever asked it to is told.
    if (server.listening) failing(error.code ?? error.message, (server.address() as AddressInfo).port);
  });
}
