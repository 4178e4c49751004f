import type { Allowance } from './token-bucket.js';

/** What one HTTP/2 connection may ask of the gateway. */
export interface Http2Limits {
  /** Streams open at one time. */
  readonly maxConcurrentStreams: number;
  /** Field lines of a request, each cookie crumb counted as one, pseudo-header fields not counted. */
  readonly maxHeaderCount: number;
  /** Bytes of the names and values of a request. */
  readonly maxHeaderBytes: number;
  /** PINGs; a connection that is sent much may ping more, for clients measure their link by it. */
  readonly pings: Allowance;
  /** SETTINGS frames. */
  readonly settings: Allowance;
  /** Streams that ended without their whole answer, whoever reset them. */
  readonly wastedStreams: Allowance;
}

/**
 * A browser that leaves a page cancels all its streams at once, twice in a row at worst; nobody does so for a second
 * without a stop.
 */
export const HTTP2_LIMITS = {
  maxConcurrentStreams: 100,
  pings: { burst: 100, perSecond: 10 },
  settings: { burst: 20, perSecond: 1 },
  wastedStreams: { burst: 200, perSecond: 20 },
} as const satisfies Partial<Http2Limits>;
