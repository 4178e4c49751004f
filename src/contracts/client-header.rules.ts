/**
 * What becomes of one header field a client sent.
 *
 * - `strip`: believed from nobody outside; a declared edit of the team's own may still write it.
 * - `never`: belongs to one connection or to the framing; nothing may write it.
 * - `ours`: the gateway writes it itself, after everything else.
 * - `trace`: ours when a span of ours is recorded, else the client's.
 * - `forwards`: counted down on the way.
 */
export type ClientHeaderRule = 'strip' | 'never' | 'ours' | 'trace' | 'forwards' | 'host' | 'connection';

interface Row {
  /** Lower-case; a trailing `*` means every name that starts so. */
  readonly name: string;
  readonly rule: ClientHeaderRule;
  /** The specification that asks for it, or what goes wrong without it. */
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
  { name: 'proxy-authorization', rule: 'strip', reference: 'RFC 9110, section 11.7.2; hop-by-hop' },
  { name: 'proxy-authenticate', rule: 'strip', reference: 'RFC 9110, section 11.7.1; hop-by-hop' },

  // Addressing.
  { name: 'connection', rule: 'connection', reference: 'RFC 9110, section 7.6.1' },
  { name: 'host', rule: 'host', reference: 'RFC 9110, section 7.2' },

  { name: 'max-forwards', rule: 'forwards', reference: 'RFC 9110, section 7.6.2' },

  // Written by us.
  { name: 'x-forwarded-for', rule: 'ours', reference: 'forwarding claims (CVE-2025-41235)' },
  { name: 'x-forwarded-proto', rule: 'ours', reference: 'forwarding claims (CVE-2025-41235)' },
  { name: 'x-forwarded-host', rule: 'ours', reference: 'forwarding claims (CVE-2025-41235)' },
  { name: 'x-forwarded-port', rule: 'ours', reference: 'forwarding claims (CVE-2025-41235)' },
  { name: 'via', rule: 'ours', reference: 'RFC 9110, section 7.6.3' },
  { name: 'x-correlation-id', rule: 'ours', reference: 'log and header injection' },
  { name: 'traceparent', rule: 'trace', reference: 'W3C Trace Context, section 3.2' },

  // Claims about the client's address, scheme or certificate that only a proxy may make.
  // `Forwarded` would say once more what X-Forwarded-* says, in a second grammar: it is not written.
  {
    name: 'forwarded',
    rule: 'strip',
    reference: 'RFC 7239, section 8.1; forwarding claims (CVE-2025-41235)',
  },
  { name: 'x-forwarded', rule: 'strip', reference: 'forwarding claims (CVE-2025-41235)' },
  {
    name: 'x-forwarded-*',
    rule: 'strip',
    reference: 'forwarding claims (CVE-2025-41235), redirects (CVE-2024-52003)',
  },
  { name: 'x-real-ip', rule: 'strip', reference: 'forwarding claims (CVE-2025-41235), limits by address' },
  { name: 'x-client-ip', rule: 'strip', reference: 'forwarding claims (CVE-2025-41235), limits by address' },
  {
    name: 'x-cluster-client-ip',
    rule: 'strip',
    reference: 'forwarding claims (CVE-2025-41235), limits by address',
  },
  {
    name: 'true-client-ip',
    rule: 'strip',
    reference: 'forwarding claims (CVE-2025-41235), limits by address',
  },
  {
    name: 'cf-connecting-ip',
    rule: 'strip',
    reference: 'forwarding claims (CVE-2025-41235), limits by address',
  },
  {
    name: 'fastly-client-ip',
    rule: 'strip',
    reference: 'forwarding claims (CVE-2025-41235), limits by address',
  },
  { name: 'front-end-https', rule: 'strip', reference: 'forwarding claims (CVE-2025-41235)' },
  { name: 'client-cert', rule: 'strip', reference: 'RFC 9440, section 2.4' },
  { name: 'client-cert-chain', rule: 'strip', reference: 'RFC 9440, section 2.4' },
  { name: 'ssl-client-*', rule: 'strip', reference: 'RFC 9440, section 4' },
  { name: 'x-ssl-client-*', rule: 'strip', reference: 'RFC 9440, section 4' },

  // Identity as a gateway tells it to its upstreams.
  { name: 'x-consumer-*', rule: 'strip', reference: 'identity claims' },
  { name: 'x-credential-*', rule: 'strip', reference: 'identity claims' },
  { name: 'x-authenticated-*', rule: 'strip', reference: 'identity claims' },
  { name: 'x-anonymous-consumer', rule: 'strip', reference: 'identity claims' },
  { name: 'x-auth-request-*', rule: 'strip', reference: 'identity claims' },
  { name: 'remote-user', rule: 'strip', reference: 'RFC 3875, section 4.1.11; identity claims' },
  { name: 'x-remote-user', rule: 'strip', reference: 'identity claims' },

  // Words between proxies and their upstreams that steer routing or the method.
  { name: 'x-gateway-*', rule: 'strip', reference: 'control headers (CVE-2023-27487)' },
  { name: 'x-kong-*', rule: 'strip', reference: 'control headers (CVE-2023-27487); the id of a request' },
  { name: 'x-envoy-*', rule: 'strip', reference: 'control headers (CVE-2023-27487)' },
  { name: 'x-original-*', rule: 'strip', reference: 'control headers (CVE-2023-27487)' },
  { name: 'x-rewrite-url', rule: 'strip', reference: 'control headers (CVE-2023-27487)' },
  { name: 'x-accel-*', rule: 'strip', reference: 'control headers (CVE-2023-27487)' },
  { name: 'x-http-method-override', rule: 'strip', reference: 'method override' },
  { name: 'x-http-method', rule: 'strip', reference: 'method override' },
  { name: 'x-method-override', rule: 'strip', reference: 'method override' },
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
