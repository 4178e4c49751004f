import type { ClientSessionOptions } from 'node:http2';
import type { ResponseLimits } from '../http1/response-limits.js';

/** Unread bytes of one response that the peer may send: what a slow client costs at most. */
const WINDOW_BYTES = 262_144;
/** nghttp2's memory for one connection, in megabytes: what its streams wait to send, headers and bookkeeping. */
const SESSION_MEMORY_MB = 32;
/** An entry's overhead in the size that HTTP/2 counts a header list by (RFC 9113, section 6.5.2). */
const ENTRY_BYTES = 32;
/**
 * How far beyond our own limits node:http2 still lets a section in, so that it is ours that speaks. It would reset the
 * stream with ENHANCE_YOUR_CALM, which is also what an upstream says that has too much to do.
 */
const MARGIN = 2;

/** Its types leave the last one out. */
type SessionOptions = ClientSessionOptions & { readonly strictSingleValueFields: boolean };

/** How node:http2 is to hold a session: nothing pushed, everything bounded. */
export const sessionOptions = ({ maxHeaderBytes, maxHeaderCount }: ResponseLimits): SessionOptions => ({
  settings: {
    enablePush: false,
    initialWindowSize: WINDOW_BYTES,
    maxHeaderListSize: MARGIN * (maxHeaderBytes + ENTRY_BYTES * maxHeaderCount),
  },
  maxHeaderListPairs: MARGIN * maxHeaderCount,
  maxSessionMemory: SESSION_MEMORY_MB,
  // A request's own header section was bounded where it came in.
  maxSendHeaderBlockLength: 1_048_576,
  // Fields that stand twice are the client's business, as over HTTP/1.1.
  strictSingleValueFields: false,
});
