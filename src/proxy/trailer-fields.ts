import { HeaderFates } from './request/header-fates.js';

interface Row {
  /** Lower-case; a trailing `*` means every name that starts so. */
  readonly name: string;
  readonly reference: string;
}

/**
 * Fields that never pass in a trailer section, in neither direction: whoever reads a message acts on them before its
 * body, so behind it they can only deceive somebody who merges trailers into headers (RFC 9110, section 6.5.1).
 *
 * Names with a rule among the client headers (framing, hop-by-hop, forwarding, identity, control) come on top.
 */
export const NEVER_TRAILERS: readonly Row[] = [
  // Content format and the rest of what a body is read by.
  { name: 'content-*', reference: 'RFC 9110, sections 6.5.1 and 8' },
  { name: 'mime-version', reference: 'RFC 9110, section 6.5.1: content format' },

  // Routing and request modifiers.
  { name: 'max-forwards', reference: 'RFC 9110, section 7.6.2' },
  { name: 'range', reference: 'RFC 9110, section 14.2' },
  { name: 'if-*', reference: 'RFC 9110, section 13.1' },
  { name: 'accept', reference: 'RFC 9110, section 12.5' },
  { name: 'accept-*', reference: 'RFC 9110, sections 12.5 and 14.3' },
  { name: 'prefer', reference: 'RFC 7240, section 2' },
  { name: 'priority', reference: 'RFC 9218, section 5' },
  { name: 'idempotency-key', reference: 'a request modifier' },
  { name: 'x-requested-with', reference: 'believed by upstreams as proof of the origin' },
  { name: 'origin', reference: 'RFC 6454, section 7: proof of the origin' },
  { name: 'referer', reference: 'RFC 9110, section 10.1.3' },
  { name: 'sec-*', reference: 'Fetch: names only a browser may write' },

  // Authentication and cookies.
  { name: 'authorization', reference: 'RFC 9110, sections 6.5.1 and 11.6.2' },
  { name: 'authentication-*', reference: 'RFC 9110, section 11.6.3' },
  { name: 'www-authenticate', reference: 'RFC 9110, section 11.6.1' },
  { name: 'proxy-*', reference: 'RFC 9110, section 11.7' },
  { name: 'signature', reference: 'RFC 9421, section 4.2' },
  { name: 'signature-input', reference: 'RFC 9421, section 4.1' },
  { name: 'apikey', reference: 'a credential' },
  { name: 'x-api-key', reference: 'a credential' },
  { name: 'cookie', reference: 'RFC 6265, section 4.2' },
  { name: 'cookie2', reference: 'RFC 2965, section 3.3.5' },
  { name: 'set-cookie', reference: 'RFC 6265, section 4.1' },
  { name: 'set-cookie2', reference: 'RFC 2965, section 3.2.2' },

  // Response control and caching.
  { name: 'age', reference: 'RFC 9111, section 5.1' },
  { name: 'cache-control', reference: 'RFC 9111, section 5.2' },
  { name: 'cache-status', reference: 'RFC 9211, section 2' },
  { name: 'cdn-cache-control', reference: 'RFC 9213, section 3.1' },
  { name: 'surrogate-*', reference: 'Edge Architecture: cache control' },
  { name: 'expires', reference: 'RFC 9111, section 5.3' },
  { name: 'pragma', reference: 'RFC 9111, section 5.4' },
  { name: 'warning', reference: 'RFC 9111, section 5.5' },
  { name: 'vary', reference: 'RFC 9110, section 12.5.5' },
  { name: 'date', reference: 'RFC 9110, section 6.6.1' },
  { name: 'location', reference: 'RFC 9110, section 10.2.2' },
  { name: 'retry-after', reference: 'RFC 9110, section 10.2.3' },
  { name: 'refresh', reference: 'HTML: it moves the reader elsewhere' },
  { name: 'status', reference: 'RFC 3875, section 6.3.3' },

  // What a client does with its origin and its connections.
  { name: 'access-control-*', reference: 'Fetch, section 3.3' },
  { name: 'cross-origin-*', reference: 'HTML: isolation of an origin' },
  { name: 'strict-transport-security', reference: 'RFC 6797, section 6.1' },
  { name: 'clear-site-data', reference: 'Clear Site Data' },
  { name: 'alt-svc', reference: 'RFC 7838, section 3' },
  { name: 'tracestate', reference: 'W3C Trace Context, section 3.3: it goes with a traceparent' },
  { name: 'baggage', reference: 'W3C Baggage' },
];

const EXACT = new Set(NEVER_TRAILERS.map(({ name }) => name).filter((name) => !name.endsWith('*')));
const PREFIXES = NEVER_TRAILERS.flatMap(({ name }) => (name.endsWith('*') ? [name.slice(0, -1)] : []));
const FATES = new HeaderFates();

/** Whether a field may pass in a trailer section. */
export function isTrailerField(name: string): boolean {
  // Whoever hands fields on as CGI variables reads `Set_Cookie` and `Set-Cookie` as one name.
  const folded = name.toLowerCase().replaceAll('_', '-');
  if (EXACT.has(folded) || FATES.of(folded) !== 'pass') return false;
  return !PREFIXES.some((prefix) => folded.startsWith(prefix));
}
