import { randomUUID } from 'node:crypto';
import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import type {
  MeasuredExchange,
  MeasuredRoute,
  RequestMeter,
  TargetHealth,
} from '../contracts/request-meter.js';
import { CounterTable } from './counter-table.js';

/** Kong's own boundaries, in milliseconds. */
const KONG_BOUNDARIES = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
const UPSTREAM_BOUNDARIES = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const STATES: readonly TargetHealth['state'][] = ['healthchecks_off', 'healthy', 'unhealthy', 'dns_error'];

/** Series of one metric; what comes beyond is counted together, so that a scrape stays one. */
export const MOST_SERIES = 10_000;
const OVERFLOW = '';
const WORKSPACE = 'default';

interface Latencies {
  readonly kong: Histogram;
  readonly upstream: Histogram;
  readonly request: Histogram;
}

/** The metrics of Kong's prometheus plugin, by Kong's names; each is there once somebody wants it. */
export class KongMetrics implements RequestMeter {
  readonly #meter: Meter;
  #announced = false;
  #requests: BoundedSeries | undefined;
  #bandwidth: BoundedSeries | undefined;
  #latencies: Latencies | undefined;
  #targetsShown = false;
  #targets: () => readonly TargetHealth[] = () => [];

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** @param read is asked at each scrape, where the health of targets is wanted */
  watchTargets(read: () => readonly TargetHealth[]): void {
    this.#targets = read;
  }

  measure({
    service,
    route,
    status,
    latency,
    bandwidth,
    targets,
  }: MeasuredRoute): (one: MeasuredExchange) => void {
    this.#announce();
    if (targets) this.#showTargets();
    const requests = status ? this.#requestCounter() : undefined;
    const bytes = bandwidth ? this.#bandwidthCounter() : undefined;
    const latencies = latency ? this.#histograms() : undefined;
    const attributes = Object.freeze({ service, route, workspace: WORKSPACE });
    return ({ code, source, consumer, requestBytes, responseBytes, kongMs, upstreamMs, requestMs }) => {
      requests?.add(JSON.stringify([service, route, code, source, consumer]), 1);
      if (requestBytes > 0) bytes?.add(JSON.stringify([service, route, 'ingress', consumer]), requestBytes);
      if (responseBytes > 0) bytes?.add(JSON.stringify([service, route, 'egress', consumer]), responseBytes);
      if (latencies === undefined) return;
      latencies.request.record(requestMs, attributes);
      latencies.kong.record(kongMs, attributes);
      if (upstreamMs !== undefined) latencies.upstream.record(upstreamMs, attributes);
    };
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    const node = { node_id: randomUUID(), version: 'portcullis' };
    this.#meter
      .createObservableGauge('kong_node_info', { description: 'This process.' })
      .addCallback((result) => result.observe(1, node));
    this.#meter
      .createObservableGauge('kong_datastore_reachable', {
        description: 'Kong asks its database here; routes of a file need none.',
      })
      .addCallback((result) => result.observe(1));
  }

  #requestCounter(): BoundedSeries {
    this.#requests ??= new BoundedSeries(
      (key) => {
        const [service, route, code, source, consumer] = JSON.parse(key) as string[];
        return { service, route, code: String(code), source, workspace: WORKSPACE, consumer } as Attributes;
      },
      (table) => table.asCounter([this.#meter], 'kong_http_requests', 'Requests by status code.'),
    );
    return this.#requests;
  }

  #bandwidthCounter(): BoundedSeries {
    this.#bandwidth ??= new BoundedSeries(
      (key) => {
        const [service, route, direction, consumer] = JSON.parse(key) as string[];
        return { service, route, direction, workspace: WORKSPACE, consumer } as Attributes;
      },
      // A counter's name would end in `_total`, which Kong's does not.
      (table) => table.asGauge([this.#meter], 'kong_bandwidth_bytes', 'Bytes of requests and answers.'),
    );
    return this.#bandwidth;
  }

  #histograms(): Latencies {
    const histogram = (name: string, description: string, boundaries: number[]): Histogram =>
      this.#meter.createHistogram(name, { description, advice: { explicitBucketBoundaries: boundaries } });
    this.#latencies ??= {
      kong: histogram('kong_kong_latency_ms', 'Milliseconds in the gateway.', KONG_BOUNDARIES),
      upstream: histogram(
        'kong_upstream_latency_ms',
        'Milliseconds until an upstream answers.',
        UPSTREAM_BOUNDARIES,
      ),
      request: histogram('kong_request_latency_ms', 'Milliseconds of whole requests.', UPSTREAM_BOUNDARIES),
    };
    return this.#latencies;
  }

  #showTargets(): void {
    if (this.#targetsShown) return;
    this.#targetsShown = true;
    this.#meter
      .createObservableGauge('kong_upstream_target_health', {
        description: 'Targets of upstreams, 1 in their state.',
      })
      .addCallback((result) => {
        for (const { upstream, target, address, state } of this.#targets()) {
          for (const each of STATES) {
            const attributes = { upstream, target, address, state: each, subsystem: 'http' };
            result.observe(each === state ? 1 : 0, attributes);
          }
        }
      });
  }
}

/** Counts by key, so many keys and no more. */
class BoundedSeries {
  readonly #table: CounterTable;
  readonly #keys = new Set<string>();

  constructor(attributesOf: (key: string) => Attributes, publish: (table: CounterTable) => unknown) {
    this.#table = new CounterTable((key) => (key === OVERFLOW ? { overflow: 'true' } : attributesOf(key)));
    publish(this.#table);
  }

  add(key: string, amount: number): void {
    if (this.#keys.size < MOST_SERIES) this.#keys.add(key);
    this.#table.add(this.#keys.has(key) ? key : OVERFLOW, amount);
  }
}
