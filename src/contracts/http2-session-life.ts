import type { Http2Session } from 'node:http2';

/** The native half of each session that stands, and of each that ended in this turn of the event loop. */
const kept = new Set<unknown>();

/**
 * Keeps the native half of a session until those of its streams are freed.
 *
 * Node drops a session that its peer broke, and frees the streams it had a turn later. A garbage collection between the
 * two, while a field section had only come in part, finds memory that nobody gave back and ends the whole process (the
 * check of `current_nghttp2_memory_` in node_http2.cc; seen in 26.10 and 26.12). Nine CONTINUATION frames are enough, from
 * a client or from an upstream.
 *
 * Node has no name for that half outside of itself: it is found by the description of its symbol. A Node that calls it
 * otherwise gets no protection, and tests say so.
 *
 * @param session one whose socket is connected
 */
export function outliveStreams(session: Http2Session): void {
  const handle = nativeHalfOf(session);
  if (handle === undefined) return;
  kept.add(handle);
  session.once('close', () => {
    // The streams are freed in front of the first of these; the second is for a session that closes in that very phase.
    setImmediate(() => setImmediate(() => kept.delete(handle)));
  });
}

/** The same for every session of a process, clients' and upstreams'. */
let handleSymbol: symbol | undefined;

/** Undefined for a session that ended already, or of a Node that keeps it elsewhere. */
function nativeHalfOf(session: Http2Session): unknown {
  handleSymbol ??= Object.getOwnPropertySymbols(session).find(({ description }) => description === 'kHandle');
  return handleSymbol && (session as unknown as Record<symbol, unknown>)[handleSymbol];
}

/**
 * Ends a session, with GOAWAY, in the turn of the event loop behind this one.
 *
 * Node calls back while it reads what came, and promises and ticks of these calls run then as well. To end a session there
 * sends what waits and frees streams that are still being read: the heap of the process breaks (seen in Node 26.10 and
 * 26.12, of clients and servers alike, when a listener of a response, a PING or the end of a stream does it).
 *
 * @param code of RFC 9113, section 7, in the GOAWAY
 * @param gone called in the turn after that, when GOAWAY has left
 */
export function destroySession(session: Http2Session, code: number, gone?: () => void): void {
  setImmediate(() => {
    // Null, for without an error Node would send the code of none in place of another.
    session.destroy(null as unknown as undefined, code);
    if (gone !== undefined) setImmediate(gone);
  });
}

/** How many sessions are kept now. */
export function keptSessions(): number {
  return kept.size;
}
