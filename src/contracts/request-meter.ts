/** What is measured on one route, under the names of Kong's prometheus plugin. */
export interface MeasuredRoute {
  readonly service: string;
  readonly route: string;
  /** `kong_http_requests_total`. */
  readonly status: boolean;
  /** `kong_kong_latency_ms`, `kong_upstream_latency_ms`, `kong_request_latency_ms`. */
  readonly latency: boolean;
  /** `kong_bandwidth_bytes`. */
  readonly bandwidth: boolean;
  /** `kong_upstream_target_health`, of all upstreams, from then on. */
  readonly targets: boolean;
}

/** One ended request, in figures. */
export interface MeasuredExchange {
  readonly code: number;
  /** Who answered. */
  readonly source: 'service' | 'kong';
  /** `''` where consumers are not told apart, and for nobody. */
  readonly consumer: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly kongMs: number;
  /** `undefined` when no upstream was asked. */
  readonly upstreamMs: number | undefined;
  readonly requestMs: number;
}

/** Makes what counts the requests of a route. */
export interface RequestMeter {
  measure(route: MeasuredRoute): (exchange: MeasuredExchange) => void;
}

/** Injects the RequestMeter. */
export const REQUEST_METER = Symbol('portcullis.request-meter');

/** How one target fares. */
export interface TargetHealth {
  readonly upstream: string;
  /** As it was declared. */
  readonly target: string;
  /** `address:port`. */
  readonly address: string;
  readonly state: 'healthchecks_off' | 'healthy' | 'unhealthy' | 'dns_error';
}
