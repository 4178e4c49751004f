import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { destroySession } from '../../contracts/http2-session-life.js';
import type { Http2Limits } from './http2-limits.js';
import { TokenBucket } from './token-bucket.js';

/** What a connection was closed for. `protocol` is what node:http2 found itself: errors, and floods of frames it counts. */
export const HTTP2_ABUSES = ['pings', 'settings', 'wasted-streams', 'protocol'] as const;
export type Http2Abuse = (typeof HTTP2_ABUSES)[number];

export type GuardLimits = Pick<Http2Limits, 'pings' | 'settings' | 'wastedStreams'>;

/** An answer of so many bytes earns a PING: much more than the PING's own answer has. */
const BYTES_PER_PING = 4_096;

/**
 * Closes a connection that makes work without end: with GOAWAY (ENHANCE_YOUR_CALM), at once, all its streams cancelled.
 *
 * Frames are counted while the bytes they came in are still being read; the connection is closed behind these, before a
 * request of theirs is served. What node:http2 counts by itself closes the connection as an error of the session, which is
 * told as `protocol`.
 *
 * @param onAbuse told once of each connection that is closed for what its client did
 * @returns what is to be told of each stream that closed, so that it needs no listener of its own on every one
 */
export function guardSession(
  session: ServerHttp2Session,
  limits: GuardLimits,
  onAbuse: (abuse: Http2Abuse, session: ServerHttp2Session, error?: Error) => void,
  now: () => number = () => performance.now(),
): (stream: ServerHttp2Stream) => void {
  const pings = new TokenBucket(limits.pings, now);
  const settings = new TokenBucket(limits.settings, now);
  const wasted = new TokenBucket(limits.wastedStreams, now);
  let writtenBytes = 0;

  let closing = false;
  const close = (abuse: Http2Abuse): void => {
    if (closing || session.destroyed) return;
    closing = true;
    onAbuse(abuse, session);
    destroySession(session, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };

  /** gRPC clients ping once for each round trip of a long answer. */
  const earnsPing = (): boolean => {
    const { bytesWritten } = session.socket;
    const earned = Math.floor((bytesWritten - writtenBytes) / BYTES_PER_PING);
    if (earned < 1) return false;
    writtenBytes = bytesWritten;
    pings.add(earned);
    return pings.take();
  };

  session.on('ping', () => {
    if (!pings.take() && !earnsPing()) close('pings');
  });
  session.on('remoteSettings', () => {
    if (!settings.take()) close('settings');
  });
  session.on('error', (error: NodeJS.ErrnoException) => {
    // A network that fails is nobody's abuse.
    if (error.code?.startsWith('ERR_HTTP2_') === true) onAbuse('protocol', session, error);
  });
  return (stream) => {
    if (isWasted(stream) && !wasted.take()) close('wasted-streams');
  };
}

/**
 * Cut before the answer was given whole, or reset with an error. A reset without one behind an answer only says "no
 * more of your body" (RFC 9113, section 8.1).
 */
function isWasted({ aborted, rstCode }: ServerHttp2Stream): boolean {
  return aborted || (rstCode !== undefined && rstCode !== constants.NGHTTP2_NO_ERROR);
}
