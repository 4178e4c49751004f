import type { RawHeaders } from '../../contracts/raw-headers.js';
import { HOP_BY_HOP } from '../hop-by-hop.js';
import { malformed } from '../http1/malformed.js';
import type { ResponseLimits } from '../http1/response-limits.js';

/** A response's header section as read: what goes on to the client, and what it says of the body. */
export interface Http2ResponseHead {
  readonly status: number;
  /** End-to-end fields only, flat name/value pairs; without `content-length`. */
  readonly headers: string[];
  /** The declared content-length, also where no body follows; `undefined` when there is none. */
  readonly length: number | undefined;
  /** What `trailer` said. */
  readonly announced: string | undefined;
}

const STATUS = /^[1-9][0-9]{2}$/;
const CONTENT_LENGTH = /^[0-9]{1,15}$/;
/** RFC 9113, section 8.2.1: a token without capitals. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Fields that make an HTTP/2 message malformed (RFC 9113, section 8.2.2). */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads a header section that HPACK has unpacked. node:http2 refuses much of what is refused here too; what an upstream
 * may send must not hang on that.
 *
 * @throws GatewayError `upstream-protocol` when it can be read in two ways, or is over a limit
 */
export function readResponseHead(raw: RawHeaders, limits: ResponseLimits): Http2ResponseHead {
  checkSize(raw, limits);
  const headers: string[] = [];
  let status: number | undefined;
  let length: number | undefined;
  let announced: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (name === ':status') {
      if (status !== undefined) throw malformed(':status stands twice');
      // RFC 9113, section 8.3: pseudo-header fields come before all others.
      if (i > 0) throw malformed(':status does not stand first');
      if (!STATUS.test(value)) throw malformed(':status is not a status');
      status = Number(value);
      continue;
    }
    if (!NAME.test(name)) throw malformed('a field name is not a lower-case token');
    if (!VALUE.test(value)) throw malformed('a field value holds a control character');
    if (OF_THE_CONNECTION.has(name)) throw malformed(`${name} in an HTTP/2 response`);
    if (name === 'content-length') {
      if (length !== undefined) throw malformed('content-length stands twice');
      if (!CONTENT_LENGTH.test(value)) throw malformed('content-length is not a plain number');
      length = Number(value);
      continue;
    }
    if (name === 'trailer') announced = announced === undefined ? value : `${announced},${value}`;
    if (!HOP_BY_HOP.has(name)) headers.push(name, value);
  }
  if (status === undefined) throw malformed('no :status');
  return { status, headers, length, announced };
}

/**
 * Counts a section as it would stand in HTTP/1.1, so that one limit means the same in both.
 *
 * @throws GatewayError `upstream-protocol` when it is over a limit
 */
export function checkSize(raw: RawHeaders, limits: ResponseLimits): void {
  if (raw.length / 2 > limits.maxHeaderCount + 1) throw malformed('too many header fields');
  let bytes = 0;
  for (const text of raw) bytes += text.length + 2;
  if (bytes > limits.maxHeaderBytes) throw malformed('the header section is too large');
}
