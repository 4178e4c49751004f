import type { Socket } from 'node:net';

const LAST = Symbol('portcullis.last-request');

/**
 * Declares that a connection's last request was taken: its answer says `Connection: close`.
 *
 * node:http goes on parsing what a client has sent behind such a request, and must not be heard: RFC 9112, section 9.6.
 */
export function takeNoMore(socket: Socket): void {
  (socket as { [LAST]?: true })[LAST] = true;
}

/** Whether a request that comes on a connection is still to be served. */
export function takesMore(socket: Socket): boolean {
  return (socket as { [LAST]?: true })[LAST] === undefined;
}
