import type { DownstreamLine } from '../contracts/downstream.js';

const LAST = Symbol('portcullis.last-request');

/**
 * Declares that a connection's last request was taken: its answer says `Connection: close`.
 *
 * node:http goes on parsing what a client has sent behind such a request, and must not be heard: RFC 9112, section 9.6.
 */
export function takeNoMore(socket: DownstreamLine): void {
  (socket as { [LAST]?: true })[LAST] = true;
}

/** Whether a request that comes on a connection is still to be served. */
export function takesMore(socket: DownstreamLine): boolean {
  return (socket as { [LAST]?: true })[LAST] === undefined;
}
