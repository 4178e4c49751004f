import { GatewayError } from '../../contracts/gateway-error.js';
import { headerSection } from '../../contracts/header-section.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import type { RequestBody, StreamedBody, UpstreamRequest } from '../../contracts/upstream-request.js';

/** A request as bytes: what one write sends, and the body that must follow it. */
export interface FramedRequest {
  /** The head, and a small body with it. Every character is one byte. */
  readonly text: string;
  readonly rest: Buffer | StreamedBody | undefined;
}

/** Bodies up to this size travel in the head's own write: copying them costs less than a second buffer in it. */
export const INLINE_BODY_BYTES = 16_384;

/** Methods whose request states that it has no content (RFC 9110, section 8.6). */
const METHODS_WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ORIGIN_FORM = /^\/[\x21-\x7e\x80-\xff]*$/;

/**
 * Writes the head and decides the framing (RFC 9112, section 6).
 *
 * Names and values are checked once more here, at the last place before the wire: a line break that slipped
 * through anywhere above would be a second request to the upstream.
 *
 * @param body what is sent in place of the request's own body: that very body, gathered
 * @throws GatewayError `internal` when the request cannot be written without changing its meaning
 */
export function frameRequest(request: UpstreamRequest, body: RequestBody = request.body): FramedRequest {
  const { method, path, headers } = request;
  if (!METHOD.test(method) || !ORIGIN_FORM.test(path)) throw unwritable('the request line');
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (framesMessage(name)) throw unwritable(name);
  }
  let text = `${method} ${path} HTTP/1.1\r\n${section(headers)}`;
  // RFC 9110, section 10.1.4: whoever sends TE names it in Connection.
  // RFC 6455, section 4.1.
  if (request.upgrade === true) text += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  else if (request.trailers === true) text += 'TE: trailers\r\nConnection: TE\r\n';

  if (body === undefined) {
    return {
      text: METHODS_WITH_CONTENT.has(method) ? `${text}Content-Length: 0\r\n\r\n` : `${text}\r\n`,
      rest: undefined,
    };
  }
  if (body.length === undefined) return { text: `${text}Transfer-Encoding: chunked\r\n\r\n`, rest: body };
  text += `Content-Length: ${body.length}\r\n\r\n`;
  if (Buffer.isBuffer(body) && body.length <= INLINE_BODY_BYTES) {
    return { text: text + body.toString('latin1'), rest: undefined };
  }
  return { text, rest: body };
}

function section(headers: RawHeaders): string {
  try {
    return headerSection(headers);
  } catch (cause) {
    throw new GatewayError('internal', { cause });
  }
}

function framesMessage(name: string): boolean {
  if (name.length === 14) return name.toLowerCase() === 'content-length';
  if (name.length === 17) return name.toLowerCase() === 'transfer-encoding';
  return false;
}

const unwritable = (what: string): GatewayError =>
  new GatewayError('internal', { cause: new TypeError(`${JSON.stringify(what)} cannot be sent upstream`) });
