import {
  checkOptions,
  type OptionRule,
  type OptionRules,
  trueOrFalse,
} from '../../contracts/option-check.js';

export const MEASURE_REQUESTS = 'measure-requests';

/** What `@MeasureRequests` takes. */
export interface MeasureRequestsOptions {
  /** Requests by status code: `kong_http_requests_total`. Default false. */
  readonly status?: boolean;
  /** How long requests take: `kong_request_latency_ms`, `kong_upstream_latency_ms`, `kong_kong_latency_ms`. Default false. */
  readonly latency?: boolean;
  /** Bytes in both directions: `kong_bandwidth_bytes`. Default false. */
  readonly bandwidth?: boolean;
  /** The targets of all upstreams: `kong_upstream_target_health`. Default false. */
  readonly targets?: boolean;
  /** Tells registered consumers apart, by their names. Default false. */
  readonly perConsumer?: boolean;
  /** The label `service`. Default: the upstream's name. */
  readonly service?: string;
  /** The label `route`. Default: the route's id. */
  readonly route?: string;
}

const aText: OptionRule = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a text');

const RULES: OptionRules<MeasureRequestsOptions> = {
  status: trueOrFalse,
  latency: trueOrFalse,
  bandwidth: trueOrFalse,
  targets: trueOrFalse,
  perConsumer: trueOrFalse,
  service: aText,
  route: aText,
};

export function measureRequestsProblems(given: MeasureRequestsOptions): readonly string[] {
  return checkOptions('', '', given, RULES).map(({ message }) => message);
}
