/**
 * Where a value comes from at boot: the variable when it is set, else the fallback.
 * `env('USERS_URL', 'http://user-service:3001')`
 */
export interface EnvReference {
  readonly variable: string;
  readonly fallback: string | undefined;
}

export const isEnvReference = (value: unknown): value is EnvReference =>
  typeof value === 'object' && value !== null && 'variable' in value;

/** A target as declared: its base URL (`http://host:port` or `https://…`, no path), with a weight when it is not 1. */
export type TargetOption = string | { readonly url: string; readonly weight: number };

/** The clocks of upstream calls, each in whole milliseconds. */
export interface TimeoutOptions {
  /** To open a connection. Default 1000. */
  readonly connectMs?: number;
  /** From the sent request to the response's header section. Default 5000; 0 switches it off, as for each of these. */
  readonly headersMs?: number;
  /** The longest silence inside a body. Default 60000. */
  readonly idleMs?: number;
  /**
   * All attempts together, up to the response's header section; 0 switches it off.
   * Default 15000, or connectMs + headersMs when that is more, or off when headersMs is.
   */
  readonly totalMs?: number;
}

/** When an upstream's circuit breaker opens, and for how long. */
export interface BreakerOptions {
  /** Opens at this share of failed calls, 1–100. "50" means at least 50%. Default 50. */
  readonly errorPercent?: number;
  /** Never opens before this many calls stand in the window. Default 20. */
  readonly volume?: number;
  /** The rolling window. Default 10000. */
  readonly windowMs?: number;
  /** How long it stays open before one trial call. Default 10000. */
  readonly resetMs?: number;
  /** Response statuses that count as failures. Default 500, 502, 503, 504. */
  readonly failureStatuses?: readonly number[];
}

/** How often a call that failed may be made again. */
export interface RetryOptions {
  /** Attempts beyond the first, for requests that can be replayed. Default 1. */
  readonly attempts?: number;
  /** Share of calls that may be retried within the window, 0–100, so that retries never multiply an outage. Default 20. */
  readonly budgetPercent?: number;
  /** Statuses worth another attempt when the request can be replayed. Default none. */
  readonly statuses?: readonly number[];
}

/** The kept connections to each target of an upstream. */
export interface PoolOptions {
  /** Connections to one target, busy and idle together. Default 1024. */
  readonly maxConnections?: number;
  /** Requests that may wait for a connection when all are busy. Default 1024. */
  readonly maxWaiting?: number;
  /** How long an idle connection is kept. Default 30000, below the keep-alive of common servers. */
  readonly idleMs?: number;
  /**
   * A connection this old, or up to a tenth less, takes no further request. Default 300000; 0 lets it grow as old as
   * it will.
   */
  readonly maxAgeMs?: number;
}

export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** How connections to `https://` targets are secured. That a target is who it says is always verified. */
export interface TlsOptions {
  /** A PEM file of the authorities to believe in place of Node's own. */
  readonly caFile?: string | EnvReference;
  /** A PEM file of the gateway's own certificate, its chain behind it; needs `keyFile`. */
  readonly certFile?: string | EnvReference;
  /** A PEM file of that certificate's private key, without a passphrase. */
  readonly keyFile?: string | EnvReference;
  /** The name to ask for (SNI) and to verify. Default the target's host; an address is verified as an address. */
  readonly serverName?: string;
  /** `TLSv1.2` or `TLSv1.3`. Default TLSv1.2. */
  readonly minVersion?: TlsVersion;
}

/** How the names of targets become addresses. */
export interface DnsOptions {
  /** How often a name is looked up again, in the background. Default 5000. */
  readonly refreshMs?: number;
  /** Addresses never to connect to, whatever a name says: `loopback`, `link-local`, `private`, or CIDR ranges. Default none. */
  readonly deny?: readonly string[];
}

export const UPSTREAM_PROTOCOLS = ['http1', 'http2', 'auto'] as const;
export type UpstreamProtocol = (typeof UPSTREAM_PROTOCOLS)[number];

/** What {@link UpstreamDefinition} holds beside the name; everything but `targets` is optional. */
export interface UpstreamOptions {
  /** One base URL, several, or a variable that holds them comma-separated. */
  readonly targets: string | EnvReference | readonly TargetOption[];
  /**
   * What is spoken to its targets. `http1`; `http2`, chosen by ALPN on `https://` targets and by prior knowledge on
   * `http://` ones; `auto`: what an `https://` target chooses, and HTTP/1.1 to `http://` ones. Default `http1`.
   */
  readonly protocol?: UpstreamProtocol;
  /** The clocks of its calls. */
  readonly timeout?: TimeoutOptions;
  /** `false` switches the breaker off. */
  readonly breaker?: BreakerOptions | false;
  /** `false` switches retries off, the one after a dead pooled connection included. */
  readonly retry?: RetryOptions | false;
  /** Connections to each of its targets. */
  readonly pool?: PoolOptions;
  /** Connections to its `https://` targets. */
  readonly tls?: TlsOptions;
  /** The names of its targets. */
  readonly dns?: DnsOptions;
  /** Forward through http-proxy-middleware with these options of its own instead of the built-in client. */
  readonly proxy?: object;
  /** Turns readiness red while the upstream is down. Default false. */
  readonly critical?: boolean;
}

/** What `defineUpstream` returns: the one spelling of an upstream, used as DI token, in controllers and in tests. */
export interface UpstreamDefinition {
  readonly name: string;
  readonly options: UpstreamOptions;
}
