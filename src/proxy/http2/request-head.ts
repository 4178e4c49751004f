import { sensitiveHeaders } from 'node:http2';
import type { Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { headerSection } from '../../contracts/header-section.js';
import type { RequestBody, UpstreamRequest } from '../../contracts/upstream-request.js';
import { HOP_BY_HOP } from '../hop-by-hop.js';
import { targetAuthority } from '../request/target-authority.js';
import { NEVER_INDEXED } from './never-indexed.js';

/** Methods whose request states that it has no content (RFC 9110, section 8.6). */
const METHODS_WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ORIGIN_FORM = /^\/[\x21-\x7e\x80-\xff]*$/;
/** What `Host` may hold, and `:authority` with it: no userinfo (RFC 9113, section 8.3.1), nothing but one line. */
const AUTHORITY = /^[\x21-\x3f\x41-\x7e]+$/;

/**
 * A request's header section as HTTP/2 has it (RFC 9113, section 8.3.1), flat name/value pairs:
 *
 * - `Host` becomes `:authority`; the other pseudo-header fields come from the request and its target.
 * - Names are lower-case. Fields that speak of the connection stay behind, but for `te: trailers` (section 8.2.2).
 * - Credentials are named to node:http2 as {@link NEVER_INDEXED}. A cookie stays one field, for its pairs would compress
 *   no better then (section 8.2.3).
 *
 * @param body what is sent in place of the request's own body: that very body, gathered
 * @throws GatewayError `internal` when the request cannot be written without changing its meaning
 */
export function requestHead(request: UpstreamRequest, target: Target, body: RequestBody): string[] {
  const { method, path, headers } = request;
  if (!METHOD.test(method) || method === 'CONNECT' || !ORIGIN_FORM.test(path)) {
    throw unwritable('the request line');
  }
  checkFields(headers);
  let authority: string | undefined;
  let credentials: string[] | undefined;
  const head = [':method', method, ':scheme', target.tls ? 'https' : 'http', ':authority', '', ':path', path];
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = (headers[i + 1] as string).trim();
    if (name === 'host') authority ??= value;
    else if (name === 'content-length' || name === 'transfer-encoding') throw unwritable(name);
    else if (!HOP_BY_HOP.has(name)) {
      head.push(name, value);
      if (NEVER_INDEXED.has(name)) {
        credentials ??= [];
        credentials.push(name);
      }
    }
  }
  authority ??= targetAuthority(target);
  if (!AUTHORITY.test(authority)) throw unwritable('host');
  head[5] = authority;
  if (request.trailers === true) head.push('te', 'trailers');
  if (body === undefined) {
    if (METHODS_WITH_CONTENT.has(method)) head.push('content-length', '0');
  } else if (body.length !== undefined) head.push('content-length', String(body.length));
  return credentials === undefined ? head : Object.assign(head, { [sensitiveHeaders]: credentials });
}

function checkFields(headers: UpstreamRequest['headers']): void {
  try {
    headerSection(headers);
  } catch (cause) {
    throw new GatewayError('internal', { cause });
  }
}

const unwritable = (what: string): GatewayError =>
  new GatewayError('internal', { cause: new TypeError(`${JSON.stringify(what)} cannot be sent upstream`) });
