/** Who is to blame for an error: it decides what is logged, counted and retried. */
export type ErrorSource = 'client' | 'gateway' | 'upstream';

interface ErrorRow {
  readonly status: number;
  readonly source: ErrorSource;
  /** Whether the same request may be tried again at once, on another connection or target. */
  readonly retryable: boolean;
  /** What the client reads as the problem's title: it never names an address or a cause. */
  readonly title: string;
}

/**
 * Every error the gateway itself can answer with, one row each.
 * The code is stable: clients, dashboards and alerts may rely on it.
 */
export const GATEWAY_ERRORS = {
  'bad-request': { status: 400, source: 'client', retryable: false, title: 'The request is malformed' },
  'ambiguous-path': {
    status: 400,
    source: 'client',
    retryable: false,
    title: 'The path can be read in more than one way',
  },
  unauthenticated: {
    status: 401,
    source: 'client',
    retryable: false,
    title: 'Valid credentials are required',
  },
  forbidden: { status: 403, source: 'client', retryable: false, title: 'Permission is missing' },
  'route-not-found': { status: 404, source: 'client', retryable: false, title: 'No route matches' },
  'method-not-allowed': {
    status: 405,
    source: 'client',
    retryable: false,
    title: 'The route does not take this method',
  },
  'request-timeout': {
    status: 408,
    source: 'client',
    retryable: false,
    title: 'The request was sent too slowly',
  },
  'length-required': {
    status: 411,
    source: 'client',
    retryable: false,
    title: 'The request must say how long its body is',
  },
  'body-too-large': {
    status: 413,
    source: 'client',
    retryable: false,
    title: 'The request body is over the limit',
  },
  'uri-too-long': { status: 414, source: 'client', retryable: false, title: 'The URL is over the limit' },
  'expectation-failed': {
    status: 417,
    source: 'client',
    retryable: false,
    title: 'The expectation cannot be met',
  },
  misdirected: {
    status: 421,
    source: 'client',
    retryable: false,
    title: 'The connection was made for another host',
  },
  'upgrade-required': {
    status: 426,
    source: 'client',
    retryable: false,
    title: 'The route takes WebSockets only',
  },
  'rate-limited': { status: 429, source: 'client', retryable: false, title: 'Too many requests' },
  'headers-too-large': {
    status: 431,
    source: 'client',
    retryable: false,
    title: 'The request headers are over the limit',
  },
  // 499 is ours alone: the client left, so neither we nor the upstream failed. It is logged, never sent.
  'client-closed': { status: 499, source: 'client', retryable: false, title: 'The client went away' },
  internal: { status: 500, source: 'gateway', retryable: false, title: 'The gateway failed' },
  'upstream-unreachable': {
    status: 502,
    source: 'upstream',
    retryable: true,
    title: 'The upstream could not be reached',
  },
  'upstream-tls': {
    status: 502,
    source: 'upstream',
    retryable: true,
    title: 'No secure connection to the upstream could be made',
  },
  'upstream-reset': {
    status: 502,
    source: 'upstream',
    retryable: true,
    title: 'The upstream closed the connection early',
  },
  'upstream-protocol': {
    status: 502,
    source: 'upstream',
    retryable: false,
    title: 'The upstream sent an invalid response',
  },
  'upstream-body': {
    status: 502,
    source: 'upstream',
    retryable: false,
    title: 'The upstream body could not be processed',
  },
  'upstream-status': {
    status: 502,
    source: 'upstream',
    retryable: false,
    title: 'The upstream refused a request of the gateway',
  },
  'breaker-open': {
    status: 503,
    source: 'upstream',
    retryable: false,
    title: 'The upstream is taking a break',
  },
  'identity-unavailable': {
    status: 503,
    source: 'gateway',
    retryable: false,
    title: 'Credentials cannot be verified at the moment',
  },
  'limits-unavailable': {
    status: 503,
    source: 'gateway',
    retryable: false,
    title: 'Rate limits cannot be checked at the moment',
  },
  overloaded: { status: 503, source: 'gateway', retryable: false, title: 'The gateway is at capacity' },
  'upstream-connect-timeout': {
    status: 504,
    source: 'upstream',
    retryable: true,
    title: 'The upstream did not accept the connection in time',
  },
  'upstream-timeout': {
    status: 504,
    source: 'upstream',
    retryable: false,
    title: 'The upstream did not answer in time',
  },
} as const satisfies Record<string, ErrorRow>;

/** A stable code; docs/errors.md says what each means and what to do. */
export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** What one error says beyond its code. */
export interface GatewayErrorOptions {
  /** A sentence for the client. It must hold no address, no path of ours and no cause. */
  readonly detail?: string;
  /** The upstream's declared name, where one is involved. */
  readonly upstream?: string;
  /** What really happened: logged, never sent. */
  readonly cause?: unknown;
  /** Headers that belong to the answer, flat name/value pairs (`WWW-Authenticate`, `Retry-After`, `Allow`). */
  readonly headers?: readonly string[];
  /** Names the policy that refused, for logs and metrics. */
  readonly policy?: string;
  /** Why that policy refused, as a stable code of its own: `scope-missing`. */
  readonly reason?: string;
}

/** The one error class of the gateway: a stable code, who is to blame, and whether a retry makes sense. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly status: number;
  readonly source: ErrorSource;
  readonly retryable: boolean;
  readonly title: string;
  readonly detail: string | undefined;
  readonly upstream: string | undefined;
  readonly headers: readonly string[];
  readonly policy: string | undefined;
  readonly reason: string | undefined;

  constructor(code: GatewayErrorCode, options: GatewayErrorOptions = {}) {
    const row: ErrorRow = GATEWAY_ERRORS[code];
    super(options.detail ?? row.title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.status = row.status;
    this.source = row.source;
    this.retryable = row.retryable;
    this.title = row.title;
    this.detail = options.detail;
    this.upstream = options.upstream;
    this.headers = options.headers ?? NO_HEADERS;
    this.policy = options.policy;
    this.reason = options.reason;
  }
}

const NO_HEADERS: readonly string[] = Object.freeze([]);
