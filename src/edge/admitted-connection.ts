import type { Duplex } from 'node:stream';

const ADMITTED = Symbol('portcullis.admitted');

/**
 * Marks a stream that comes out of a connection which was admitted already. It is handed to the HTTP server as a
 * connection of its own; the limits and the PROXY gate in front of that server have seen the one below.
 */
export function admit(stream: Duplex): void {
  (stream as { [ADMITTED]?: true })[ADMITTED] = true;
}

export function isAdmitted(stream: Duplex): boolean {
  return (stream as { [ADMITTED]?: true })[ADMITTED] !== undefined;
}
