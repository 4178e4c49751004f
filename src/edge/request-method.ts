import { METHODS } from 'node:http';

/**
 * What node:http's parser takes and the gateway does not serve: `SOURCE` is a method of Icecast's, and an answer to TRACE
 * tells the client what the gateway wrote for its upstream alone (RFC 9110, section 9.3.8).
 */
const OTHERS = ['CONNECT', 'SOURCE', 'TRACE'];
const KNOWN: ReadonlySet<string> = new Set(METHODS.filter((method) => !OTHERS.includes(method)));

/**
 * Whether a method is one of HTTP's that the gateway serves, in its own spelling: case counts (RFC 9110, section 9.1).
 *
 * node:http's parser also reads RTSP and Icecast, and passes their requests on as if they were HTTP's.
 */
export function isHttpMethod(method: string): boolean {
  return method === 'GET' || method === 'POST' || KNOWN.has(method);
}
