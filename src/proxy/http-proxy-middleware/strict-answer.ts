import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { RESPONSE_LIMIT_DEFAULTS } from '../http1/response-limits.js';

/** What is wrong with the head of an answer that node's own client let pass; `undefined` when nothing is. */
export function headProblem({
  statusCode = 0,
  httpVersionMinor,
  rawHeaders,
}: IncomingMessage): string | undefined {
  if (statusCode < 200) return 'the status is not one of a final answer';
  let chunked = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'transfer-encoding') continue;
    // RFC 9112, section 6.1: no other coding was asked for, and none can be undone here.
    if (chunked || rawHeaders[i + 1]?.toLowerCase() !== 'chunked') {
      return 'Transfer-Encoding is something else than chunked';
    }
    chunked = true;
  }
  return chunked && httpVersionMinor === 0 ? 'Transfer-Encoding in an HTTP/1.0 response' : undefined;
}

/** Tells of interim answers that end the exchange: protocols switched although nobody asked, or too many of them. */
export function watchInterim(proxyReq: ClientRequest, refuse: (problem: string) => void): void {
  proxyReq.once('upgrade', (_answer: IncomingMessage, socket: Duplex) => {
    socket.destroy();
    refuse('101 without an upgrade asked for');
  });
  countInterim(proxyReq, refuse);
}

/** Tells of more interim answers than any request needs. */
export function countInterim(proxyReq: ClientRequest, refuse: (problem: string) => void): void {
  let informational = 0;
  proxyReq.on('information', () => {
    if (++informational > RESPONSE_LIMIT_DEFAULTS.maxInformational) refuse('too many 1xx responses');
  });
}
