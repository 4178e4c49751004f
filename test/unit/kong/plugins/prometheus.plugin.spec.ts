import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { MeasuredExchange, MeasuredRoute } from '../../../../src/contracts/request-meter.js';
import type { KongPrometheusConfig } from '../../../../src/kong/kong-plugins.js';
import { PROMETHEUS_PLUGIN } from '../../../../src/kong/plugins/prometheus.plugin.js';
import { MeasureRequestsPolicy } from '../../../../src/policies/log-requests/measure-requests.policy.js';
import { FakeClock } from '../../policies/rate-limit/fixtures.js';
import { exchangeOf, placeOf } from './limits-and-logs.fixture.js';

const OFF: KongPrometheusConfig = {
  perConsumer: false,
  statusCodeMetrics: false,
  latencyMetrics: false,
  bandwidthMetrics: false,
  upstreamHealthMetrics: false,
};

function measuring(config: Partial<KongPrometheusConfig>, scope: Parameters<typeof placeOf>[3] = {}) {
  const routes: MeasuredRoute[] = [];
  const measured: MeasuredExchange[] = [];
  const clock = new FakeClock(100);
  const meter = {
    measure: (route: MeasuredRoute) => {
      routes.push(route);
      return (one: MeasuredExchange): void => void measured.push(one);
    },
  };
  const policy = new MeasureRequestsPolicy(meter, clock);
  const plugin = PROMETHEUS_PLUGIN.compile(placeOf('prometheus', { ...OFF, ...config }, [policy], scope));
  return { routes, measured, clock, plugin };
}

describe('§6 prometheus', () => {
  const ALL_OFF = { status: false, latency: false, bandwidth: false, targets: false };
  it.each<[string, Partial<KongPrometheusConfig>, Partial<MeasuredRoute>]>([
    ['nothing by default', {}, {}],
    ['status_code_metrics', { statusCodeMetrics: true }, { status: true }],
    ['latency_metrics', { latencyMetrics: true }, { latency: true }],
    ['bandwidth_metrics', { bandwidthMetrics: true }, { bandwidth: true }],
    ['upstream_health_metrics', { upstreamHealthMetrics: true }, { targets: true }],
  ])('§6 prometheus: %s', (_, config, expected) => {
    expect(measuring(config).routes).toEqual([
      { service: 'orders', route: 'all-orders', ...ALL_OFF, ...expected },
    ]);
  });

  it('§6 prometheus: a route without a service is in no series', () => {
    const { routes, plugin } = measuring({ statusCodeMetrics: true }, { without: 'service' });

    expect(routes).toEqual([]);
    expect(plugin.log).toBeUndefined();
  });

  it.each([
    [true, 'name of ann'],
    [false, ''],
  ])('§6 prometheus: per_consumer %s labels a consumer as %o', (perConsumer, label) => {
    const { plugin, measured } = measuring({ statusCodeMetrics: true, perConsumer });

    plugin.log?.(exchangeOf({ consumer: 'ann', credential: 'key-1' }));
    plugin.log?.(exchangeOf());

    expect(measured.map(({ consumer }) => consumer)).toEqual([label, '']);
  });

  it('§6 prometheus: an answer of the service is told from one of the gateway, with its latencies and bytes', () => {
    const { plugin, measured, clock } = measuring({ statusCodeMetrics: true });
    const exchange = exchangeOf({ headers: ['Host', 'a'] }, clock.ms);
    Object.assign(exchange, {
      upstream: 'orders',
      attempts: 1,
      upstreamStatus: 200,
      upstreamMs: 30,
      status: 200,
    });
    clock.ms += 40;
    plugin.dress?.(exchange, []);
    clock.ms += 5;
    exchange.bytesOut = 1_000;
    exchange.bytesIn = 10;
    plugin.log?.(exchange);
    const refused = exchangeOf({}, clock.ms);
    refused.status = 429;
    refused.error = new GatewayError('rate-limited');
    clock.ms += 2;
    plugin.log?.(refused);

    expect(measured).toEqual([
      {
        code: 200,
        source: 'service',
        consumer: '',
        requestBytes: 'GET /orders HTTP/1.1\r\nHost: a\r\n\r\n'.length + 10,
        responseBytes: 'HTTP/1.1 200 \r\nX-Correlation-ID: id-1\r\n\r\n'.length + 1_000,
        kongMs: 10,
        upstreamMs: 30,
        requestMs: 45,
        receiveMs: 5,
      },
      expect.objectContaining({ code: 429, source: 'kong', kongMs: 2, upstreamMs: undefined, requestMs: 2 }),
    ]);
  });
});
