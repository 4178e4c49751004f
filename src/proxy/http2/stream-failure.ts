import { constants } from 'node:http2';
import { GatewayError } from '../../contracts/gateway-error.js';
import { connectionFailure } from '../http1/connect-failure.js';

/**
 * Codes that say the peer did not keep to the protocol: node:http2 closes a stream with them when it refuses what came.
 * A peer that sends one itself found fault with us; that too is no answer.
 */
const PROTOCOL_CODES = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
  constants.NGHTTP2_HTTP_1_1_REQUIRED,
]);

/** Errors with which node:http2 refuses to open a stream: nothing of it was sent. */
const NOT_OPENED = new Set([
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_OUT_OF_STREAMS',
]);

/** Errors with which node:http2 gives up a connection for what the peer sent on it. */
const UNREADABLE = new Set(['ERR_HTTP2_ERROR', 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES']);

/** The error of a stream that closed before its response was complete. */
export function streamFailure(rstCode: number, cause: Error | undefined): GatewayError {
  const code = codeOf(cause);
  if (UNREADABLE.has(code ?? '')) return new GatewayError('upstream-protocol', { cause });
  // The peer's GOAWAY with an error ends every stream; a code there is not about this one.
  if (code === 'ERR_HTTP2_SESSION_ERROR') return new GatewayError('upstream-reset', { cause });
  if (PROTOCOL_CODES.has(rstCode)) return new GatewayError('upstream-protocol', { cause });
  return connectionFailure(false, cause);
}

/** Whether the upstream did nothing with the request of a stream that closed so (RFC 9113, section 8.7). */
export const isUnprocessed = (rstCode: number, cause: Error | undefined): boolean =>
  rstCode === constants.NGHTTP2_REFUSED_STREAM || NOT_OPENED.has(codeOf(cause) ?? '');

const codeOf = (cause: Error | undefined): string | undefined =>
  (cause as NodeJS.ErrnoException | undefined)?.code;
