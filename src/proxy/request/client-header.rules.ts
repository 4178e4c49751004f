/**
 * What becomes of one header field a client sent.
 *
 * - `strip`: believed from nobody outside; a declared edit of the team's own may still write it.
 * - `never`: belongs to one connection or to the framing; nothing may write it.
 * - `ours`: the gateway writes it itself, after everything else.
 * - `trace`: ours when a span of ours is recorded, else the client's.
 */
export type ClientHeaderRule = 'strip' | 'never' | 'ours' | 'trace' | 'host' | 'connection';

interface Row {
  /** Lower-case; a trailing `*` means every name that starts so. */
  readonly name: string;
  readonly rule: ClientHeaderRule;
  /** The specification or the threat that asks for it. */
  readonly reference: string;
}

/**
 * Every client header with a rule of its own; the hop-by-hop names come on top (RFC 9110, section 7.6.1).
 * What is not listed is end-to-end and passes as it is.
 */
export const CLIENT_HEADER_RULES: readonly Row[] = [
  // Framing: the forwarder decides it from the body it really sends. Transfer-Encoding is among the hop-by-hop names.
  { name: 'content-length', rule: 'never', reference: 'RFC 9112, section 6.2' },
  { name: 'expect', rule: 'never', reference: 'RFC 9110, section 10.1.1: answered by the edge' },

  // Credentials and challenges between the client and us as its proxy. An upstream that is itself a proxy gets its
  // own from an edit.
  { name: 'proxy-authorization', rule: 'strip', reference: 'RFC 9110, section 11.7.2; THREATS 38' },
  { name: 'proxy-authenticate', rule: 'strip', reference: 'RFC 9110, section 11.7.1; THREATS 38' },

  // Addressing.
  { name: 'connection', rule: 'connection', reference: 'RFC 9110, section 7.6.1' },
  { name: 'host', rule: 'host', reference: 'RFC 9110, section 7.2' },

  // Written by us.
  { name: 'x-forwarded-for', rule: 'ours', reference: 'THREATS 36' },
  { name: 'x-forwarded-proto', rule: 'ours', reference: 'THREATS 36' },
  { name: 'x-forwarded-host', rule: 'ours', reference: 'THREATS 36' },
  { name: 'x-forwarded-port', rule: 'ours', reference: 'THREATS 36' },
  { name: 'via', rule: 'ours', reference: 'RFC 9110, section 7.6.3' },
  { name: 'x-correlation-id', rule: 'ours', reference: 'THREATS 42' },
  { name: 'traceparent', rule: 'trace', reference: 'W3C Trace Context, section 3.2' },

  // Claims about the client's address, scheme or certificate that only a proxy may make.
  // `Forwarded` would say once more what X-Forwarded-* says, in a second grammar: it is not written.
  { name: 'forwarded', rule: 'strip', reference: 'RFC 7239, section 8.1; THREATS 36' },
  { name: 'x-forwarded', rule: 'strip', reference: 'THREATS 36' },
  { name: 'x-forwarded-*', rule: 'strip', reference: 'THREATS 36, 44' },
  { name: 'x-real-ip', rule: 'strip', reference: 'THREATS 36, 66' },
  { name: 'x-client-ip', rule: 'strip', reference: 'THREATS 36, 66' },
  { name: 'x-cluster-client-ip', rule: 'strip', reference: 'THREATS 36, 66' },
  { name: 'true-client-ip', rule: 'strip', reference: 'THREATS 36, 66' },
  { name: 'cf-connecting-ip', rule: 'strip', reference: 'THREATS 36, 66' },
  { name: 'fastly-client-ip', rule: 'strip', reference: 'THREATS 36, 66' },
  { name: 'front-end-https', rule: 'strip', reference: 'THREATS 36' },
  { name: 'client-cert', rule: 'strip', reference: 'RFC 9440, section 2.4' },
  { name: 'client-cert-chain', rule: 'strip', reference: 'RFC 9440, section 2.4' },
  { name: 'ssl-client-*', rule: 'strip', reference: 'RFC 9440, section 4' },
  { name: 'x-ssl-client-*', rule: 'strip', reference: 'RFC 9440, section 4' },

  // Identity as a gateway tells it to its upstreams.
  { name: 'x-consumer-*', rule: 'strip', reference: 'THREATS 39' },
  { name: 'x-credential-*', rule: 'strip', reference: 'THREATS 39' },
  { name: 'x-authenticated-*', rule: 'strip', reference: 'THREATS 39' },
  { name: 'x-anonymous-consumer', rule: 'strip', reference: 'THREATS 39' },
  { name: 'x-auth-request-*', rule: 'strip', reference: 'THREATS 39' },
  { name: 'remote-user', rule: 'strip', reference: 'RFC 3875, section 4.1.11; THREATS 39' },
  { name: 'x-remote-user', rule: 'strip', reference: 'THREATS 39' },

  // Words between proxies and their upstreams that steer routing or the method.
  { name: 'x-gateway-*', rule: 'strip', reference: 'THREATS 43' },
  { name: 'x-envoy-*', rule: 'strip', reference: 'THREATS 43' },
  { name: 'x-original-*', rule: 'strip', reference: 'THREATS 43' },
  { name: 'x-rewrite-url', rule: 'strip', reference: 'THREATS 43' },
  { name: 'x-accel-*', rule: 'strip', reference: 'THREATS 43' },
  { name: 'x-http-method-override', rule: 'strip', reference: 'THREATS 35' },
  { name: 'x-http-method', rule: 'strip', reference: 'THREATS 35' },
  { name: 'x-method-override', rule: 'strip', reference: 'THREATS 35' },
  { name: 'proxy', rule: 'strip', reference: 'RFC 3875, section 4.1.18; CVE-2016-5385' },
];

/** End-to-end names that most requests carry: known from the start, so that no stranger's names can push them out. */
export const COMMON_CLIENT_HEADERS: readonly string[] = [
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-type',
  'cookie',
  'if-modified-since',
  'if-none-match',
  'idempotency-key',
  'origin',
  'pragma',
  'priority',
  'range',
  'referer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'tracestate',
  'user-agent',
  'x-api-key',
  'x-requested-with',
];
