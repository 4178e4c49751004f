import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/contracts/clock.js';
import type { MeasuredExchange } from '../../../src/contracts/request-meter.js';
import { KongMetrics, MOST_SERIES } from '../../../src/observability/kong-metrics.js';
import { ScrapedMetrics } from '../../../src/observability/scraped-metrics.js';

const ONE: MeasuredExchange = {
  code: 200,
  source: 'service',
  consumer: '',
  requestBytes: 100,
  responseBytes: 200,
  kongMs: 3,
  upstreamMs: 30,
  requestMs: 33,
};
const ROUTE = {
  service: 'shop',
  route: 'orders',
  status: true,
  latency: true,
  bandwidth: true,
  targets: true,
};

/** The lines of a scrape that are no comments. */
function scrape(scraped: ScrapedMetrics): Promise<string[]> {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  return new Promise((resolve) => {
    res.end = ((text: string) => {
      resolve(text.split('\n').filter((line) => line.startsWith('kong_')));
      return res;
    }) as ServerResponse['end'];
    scraped.handle(req, res);
  });
}

function metrics(): { scraped: ScrapedMetrics; kong: KongMetrics } {
  const scraped = new ScrapedMetrics('portcullis', systemClock);
  return { scraped, kong: new KongMetrics(scraped.meter) };
}

describe('§6 prometheus: the metrics of Kong', () => {
  it('§6 prometheus: are not there until somebody wants them', async () => {
    const { scraped, kong } = metrics();
    expect(await scrape(scraped)).toEqual([]);

    kong.measure({ ...ROUTE, status: false, latency: false, bandwidth: false, targets: false })(ONE);

    const names = new Set((await scrape(scraped)).map((line) => line.replace(/[{ ].*/, '')));
    expect([...names].sort()).toEqual(['kong_datastore_reachable', 'kong_node_info']);
  });

  it('§6 prometheus: count on in the same series when a configuration is read anew', async () => {
    const { scraped, kong } = metrics();
    kong.measure(ROUTE)(ONE);
    kong.measure(ROUTE)(ONE);

    expect(await scrape(scraped)).toEqual(
      expect.arrayContaining([
        'kong_http_requests_total{service="shop",route="orders",code="200",source="service",workspace="default",consumer=""} 2',
        'kong_bandwidth_bytes{service="shop",route="orders",direction="ingress",workspace="default",consumer=""} 200',
        'kong_bandwidth_bytes{service="shop",route="orders",direction="egress",workspace="default",consumer=""} 400',
        'kong_request_latency_ms_sum{service="shop",route="orders",workspace="default"} 66',
      ]),
    );
  });

  it.each([
    ['kong_kong_latency_ms', [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000]],
    ['kong_upstream_latency_ms', [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10000, 30000, 60000]],
    ['kong_request_latency_ms', [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10000, 30000, 60000]],
  ])('§6 prometheus: %s has the boundaries of Kong', async (name, boundaries) => {
    const { scraped, kong } = metrics();
    kong.measure(ROUTE)(ONE);

    const buckets = (await scrape(scraped)).filter((line) => line.startsWith(`${name}_bucket`));

    expect(buckets.map((line) => /le="([^"]+)"/.exec(line)?.[1])).toEqual([
      ...boundaries.map(String),
      '+Inf',
    ]);
  });

  it('§6 prometheus: an exchange without an upstream is in no upstream latency', async () => {
    const { scraped, kong } = metrics();
    kong.measure(ROUTE)({ ...ONE, upstreamMs: undefined });

    const lines = await scrape(scraped);
    expect(lines.some((line) => line.startsWith('kong_upstream_latency_ms'))).toBe(false);
    expect(lines.some((line) => line.startsWith('kong_request_latency_ms'))).toBe(true);
  });

  it('§6 prometheus: a target is 1 in its state and 0 in the others', async () => {
    const { scraped, kong } = metrics();
    kong.watchTargets(() => [{ upstream: 'u', target: 't:80', address: '10.0.0.1:80', state: 'unhealthy' }]);
    kong.measure(ROUTE);

    const labels = 'upstream="u",target="t:80",address="10.0.0.1:80"';
    const states = (await scrape(scraped)).filter((line) => line.startsWith('kong_upstream_target_health'));
    expect(states).toEqual(
      ['healthchecks_off', 'healthy', 'unhealthy', 'dns_error'].map(
        (state) =>
          `kong_upstream_target_health{${labels},state="${state}",subsystem="http"} ${state === 'unhealthy' ? 1 : 0}`,
      ),
    );
  });

  it('has an end to the number of series, and counts what comes later together', async () => {
    const { scraped, kong } = metrics();
    const measure = kong.measure({ ...ROUTE, latency: false, bandwidth: false, targets: false });
    for (let i = 0; i < MOST_SERIES + 50; i++) measure({ ...ONE, consumer: `c${i}` });

    const lines = (await scrape(scraped)).filter((line) => line.startsWith('kong_http_requests_total'));

    expect(lines).toHaveLength(MOST_SERIES + 1);
    expect(lines).toContain('kong_http_requests_total{overflow="true"} 50');
  });
});
