import type { ServerOptions } from 'node:http2';
import type { Http2Limits } from './http2-limits.js';

/** RFC 9113, section 6.5.2: what a field costs in a header list beside its name and value. */
const FIELD_OVERHEAD_BYTES = 32;
/** The pseudo-header fields of a request, `:protocol` included. */
const PSEUDO_FIELDS = 5;
/**
 * Up to this many times the limits a request gets its 431; beyond, its stream is reset while it is read, so that nobody
 * can make the gateway keep what it will refuse.
 */
const READ_FACTOR = 2;

/**
 * What node:http2 itself can hold a connection to. CONTINUATION frames need no option: nghttp2 closes at the ninth of
 * one header section. Neither do acknowledgements: it closes when a thousand wait to be written.
 */
export function http2ServerOptions(limits: Http2Limits): ServerOptions {
  const { maxConcurrentStreams, maxHeaderBytes, maxHeaderCount, wastedStreams } = limits;
  return {
    // Crumbs of a cookie are counted one by one: they are joined later.
    maxHeaderListPairs: maxHeaderCount * READ_FACTOR + PSEUDO_FIELDS,
    // Under the guard's own count, which comes late where one read of the socket brings very many resets.
    streamResetBurst: wastedStreams.burst * 2,
    streamResetRate: wastedStreams.perSecond * 2,
    // These two count over the life of a connection: malformed frames, and streams beyond those that may be open.
    maxSessionInvalidFrames: 500,
    maxSessionRejectedStreams: wastedStreams.burst,
    // Few of its own pings wait for their answers.
    maxOutstandingPings: 4,
    settings: {
      maxConcurrentStreams,
      enablePush: false,
      maxHeaderListSize: (maxHeaderBytes + maxHeaderCount * FIELD_OVERHEAD_BYTES) * READ_FACTOR,
    },
  };
}
