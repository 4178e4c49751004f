import type { Exchange } from '../../contracts/exchange.js';

/**
 * Appends what the gateway itself tells every upstream; the correlation id stands last.
 *
 * | header | value |
 * |---|---|
 * | `X-Forwarded-For` | the client's address, as the edge decided it |
 * | `X-Forwarded-Proto` | `http` or `https`, as the client spoke to us or to the proxies in front |
 * | `X-Forwarded-Host` | the `Host` the client sent; absent when it sent none |
 * | `X-Forwarded-Port` | the port the client reached |
 * | `Via` | RFC 9110, section 7.6.3: a gateway must send it |
 * | `traceparent` | W3C Trace Context, when a span of ours is recorded |
 * | `X-Correlation-ID` | the exchange's id |
 *
 * Scheme, host and port are those that trusted proxies told, where they did.
 *
 * The address stands alone: an untrusted client's list says nothing, and of a trusted proxy's list the edge has
 * already read the one entry that counts.
 */
export function appendForwarding(
  headers: string[],
  exchange: Exchange,
  clientHost: string | undefined,
): void {
  const { req, forwarded } = exchange;
  const { socket } = req;
  const version = socket.spoken ?? req.httpVersion;
  const secure = socket.encrypted === true;
  const host = forwarded?.host ?? clientHost;
  headers.push(
    'X-Forwarded-For',
    exchange.clientAddress,
    'X-Forwarded-Proto',
    forwarded?.proto ?? (secure ? 'https' : 'http'),
  );
  if (host !== undefined) headers.push('X-Forwarded-Host', host);
  headers.push(
    'X-Forwarded-Port',
    forwarded?.port ?? String(socket.localPort ?? (secure ? 443 : 80)),
    'Via',
    version === '1.1' ? VIA_HTTP_11 : `${version} ${PSEUDONYM}`,
  );
  if (exchange.traceparent !== undefined) headers.push('traceparent', exchange.traceparent);
  headers.push('X-Correlation-ID', exchange.correlationId);
}

// A pseudonym, so that no upstream learns our host names (RFC 9110, section 7.6.3).
const PSEUDONYM = 'portcullis';
const VIA_HTTP_11 = `1.1 ${PSEUDONYM}`;
