import { describe, expect, it } from 'vitest';
import { kongUpstreamSettings } from '../../../../src/framework/kong/kong-upstream.settings.js';
import { kongConfiguration } from '../../kong/plan/planned.fixture.js';

/** The upstream of the first service of a file. */
function upstreamOf(body: string) {
  const { services, upstreams } = kongConfiguration(`_format_version: "3.0"\n${body}`);
  const [service] = services;
  if (service === undefined) throw new Error('There is no service.');
  return kongUpstreamSettings(
    's',
    service,
    upstreams.find(({ name }) => name === service.host),
  );
}

describe('the upstream of a service', () => {
  it('§2 services: has Kong’s defaults', () => {
    expect(upstreamOf('services: [{name: s, host: users.test}]')?.settings).toMatchObject({
      targets: [{ id: 'users.test:80', tls: false, weight: 1 }],
      protocol: 'http1',
      timeouts: { connectMs: 60_000, headersMs: 60_000, idleMs: 60_000, totalMs: 0 },
      breaker: undefined,
      retry: { attempts: 5, afterTimeout: true },
      tls: undefined,
    });
  });

  it('§2 services: each clock is its own; the longer one holds for silence inside bodies', () => {
    const place = upstreamOf(
      'services: [{name: s, host: users.test, connect_timeout: 1, read_timeout: 2, write_timeout: 3}]',
    );

    expect(place?.settings.timeouts).toEqual({ connectMs: 1, headersMs: 2, idleMs: 3, totalMs: 0 });
  });

  it('§2 services: https verifies the name of each target', () => {
    const place = upstreamOf('services: [{name: s, url: "https://users.test"}]');

    expect(place?.settings).toMatchObject({
      targets: [{ id: 'users.test:443', tls: true }],
      tls: { serverName: undefined, minVersion: 'TLSv1.2' },
    });
  });

  it('§2 services: gRPC goes by HTTP/2', () => {
    expect(
      upstreamOf('services: [{name: s, protocol: grpcs, host: a.test, port: 443}]')?.settings,
    ).toMatchObject({
      protocol: 'http2',
      targets: [{ tls: true }],
    });
  });

  it('§2 upstreams: a host that names one stands for its targets', () => {
    const place = upstreamOf(`
services: [{name: s, protocol: https, host: pool}]
upstreams:
  - name: pool
    host_header: shop.internal:8443
    targets: [{target: "a.test:1000", weight: 3}, {target: "[::1]:2000"}, {target: "c.test", weight: 0}]
`);

    expect(place?.host).toBe('shop.internal:8443');
    expect(place?.settings).toMatchObject({
      targets: [
        { id: 'a.test:1000', weight: 3 },
        { id: '[::1]:2000', host: '::1', weight: 100 },
        { id: 'c.test:8000', weight: 0 },
      ],
      tls: { serverName: 'shop.internal' },
    });
    expect(place?.balance).toBeUndefined();
  });

  it('§2 upstreams: a hash_on chooses targets by the request', () => {
    const place = upstreamOf(`
services: [{name: s, host: pool}]
upstreams: [{name: pool, hash_on: header, hash_on_header: x-id, slots: 50, targets: [{target: "a.test:80"}]}]
`);

    expect(place?.balance).toEqual({
      by: 'hash',
      hashOn: { on: 'header', name: 'x-id' },
      hashFallback: { on: 'none' },
      slots: 50,
    });
  });

  it('§2 upstreams: least-connections chooses them by what is under way', () => {
    const place = upstreamOf(`
services: [{name: s, host: pool}]
upstreams: [{name: pool, algorithm: least-connections, targets: [{target: "a.test:80"}]}]
`);

    expect(place?.balance).toEqual({ by: 'load' });
  });

  it('§2 targets: without one that has a weight there is no upstream', () => {
    expect(
      upstreamOf(
        'services: [{name: s, host: pool}]\nupstreams: [{name: pool, targets: [{target: "a:1", weight: 0}]}]',
      ),
    ).toBeUndefined();
    expect(upstreamOf('services: [{name: s, host: pool}]\nupstreams: [{name: pool}]')).toBeUndefined();
  });
});
