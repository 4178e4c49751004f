import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Target } from '../../../src/contracts/forwarder.js';
import { GatewayError } from '../../../src/contracts/gateway-error.js';
import { createObservability, type Observability } from '../../../src/observability/create-observability.js';
import { exchangeOf, KeptLines, StandingClock, USER_ROUTE } from './exchange.fixture.js';

const TARGET: Target = { id: 'a:1', host: 'a', port: 1, tls: false, weight: 1 };

describe('observability of a gateway', () => {
  let clock: StandingClock;
  let log: KeptLines;
  let watched: Observability;
  let admin: Server;

  beforeEach(async () => {
    clock = new StandingClock();
    log = new KeptLines();
    watched = createObservability({ log: { level: 'info', accessLog: 'stdout' } }, { clock, sink: log.sink });
    admin = createServer((req, res) => watched.metricsHandler(req, res));
    await new Promise<void>((resolve) => admin.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    admin.close();
    await watched.shutdown();
  });

  async function scrape(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${(admin.address() as AddressInfo).port}/metrics`);
    return answer.text();
  }

  function run(status: number, error?: GatewayError, durationMs = 20): void {
    const exchange = exchangeOf({ startedAt: clock.monotonic() });
    watched.recorder.started(exchange);
    exchange.route = status === 404 ? undefined : USER_ROUTE;
    exchange.status = status;
    exchange.error = error;
    clock.advance(durationMs);
    watched.recorder.finished(exchange);
  }

  it('counts every exchange once, by route, method, status and error', async () => {
    for (let i = 0; i < 1000; i++) run(200);
    for (let i = 0; i < 10; i++) run(404, new GatewayError('route-not-found'));
    for (let i = 0; i < 3; i++) run(503);

    const metrics = await scrape();

    const name = 'http_server_request_duration_count';
    expect(metrics).toContain(
      `${name}{http_request_method="GET",http_route="/api/users/:id",http_response_status_code="200"} 1000\n`,
    );
    expect(metrics).toContain(
      `${name}{http_request_method="GET",http_response_status_code="404",error_type="route-not-found"} 10\n`,
    );
    expect(metrics).toContain(
      `${name}{http_request_method="GET",http_route="/api/users/:id",http_response_status_code="503",error_type="503"} 3\n`,
    );
    expect(log.lines.filter((line) => line['event'] === 'request')).toHaveLength(1013);
  });

  it('puts durations into inclusive buckets, in seconds', async () => {
    for (const durationMs of [4, 5, 6, 20_000]) run(200, undefined, durationMs);

    const metrics = await scrape();

    expect(metrics).toMatch(/http_server_request_duration_bucket\{[^}]*le="0.005"\} 2\n/);
    expect(metrics).toMatch(/http_server_request_duration_bucket\{[^}]*le="0.01"\} 3\n/);
    expect(metrics).toMatch(/http_server_request_duration_bucket\{[^}]*le="10"\} 3\n/);
    expect(metrics).toMatch(/http_server_request_duration_bucket\{[^}]*le="\+Inf"\} 4\n/);
    expect(metrics).toMatch(/http_server_request_duration_sum\{[^}]*\} 20.015/);
  });

  it('does not count an exchange twice, nor one that never started', async () => {
    const exchange = exchangeOf();
    watched.recorder.finished(exchangeOf());
    watched.recorder.started(exchange);
    exchange.status = 200;
    watched.recorder.finished(exchange);
    watched.recorder.finished(exchange);

    const metrics = await scrape();

    expect(metrics).toMatch(/http_server_request_duration_count\{[^}]*\} 1\n/);
    expect(metrics).toContain('http_server_active_requests 0\n');
    expect(log.lines).toHaveLength(1);
  });

  it('knows how many requests are in flight', async () => {
    for (let i = 0; i < 3; i++) watched.recorder.started(exchangeOf());

    expect(await scrape()).toContain('http_server_active_requests 3\n');
  });

  it('keeps its series few whatever methods and paths clients make up', async () => {
    for (const method of ['BREW', 'PROPFIND', 'X'.repeat(50)]) {
      const exchange = exchangeOf({ method, path: `/${method}` });
      watched.recorder.started(exchange);
      exchange.status = 404;
      watched.recorder.finished(exchange);
    }

    const counts = (await scrape()).match(/^http_server_request_duration_count.*$/gm);

    expect(counts).toEqual([
      'http_server_request_duration_count{http_request_method="_OTHER",http_response_status_code="404"} 3',
    ]);
  });

  it('counts what policies refuse', async () => {
    run(429, new GatewayError('rate-limited', { policy: 'rate-limit' }));
    run(429, new GatewayError('rate-limited', { policy: 'rate-limit' }));

    expect(await scrape()).toContain(
      'portcullis_policy_rejections_total{portcullis_policy="rate-limit",error_type="rate-limited"} 2\n',
    );
  });

  it('measures attempts, retries and the breaker of an upstream, at zero from its first attempt on', async () => {
    const { observer } = watched;
    const exchange = exchangeOf();
    const first = observer.attemptStarted(exchange, 'user-service', TARGET);
    clock.advance(30);
    observer.attemptEnded(first, 'user-service', 0, new GatewayError('upstream-reset'));
    observer.retried('user-service', 'upstream-reset');
    const second = observer.attemptStarted(exchange, 'user-service', TARGET);
    clock.advance(3);
    observer.attemptEnded(second, 'user-service', 200, undefined);
    const before = await scrape();
    observer.breakerFailed('user-service');
    observer.breakerChanged('user-service', 'open');
    observer.breakerRejected('user-service');
    observer.breakerRejected('user-service');

    const after = await scrape();

    const upstream = 'portcullis_upstream="user-service"';
    const count = 'http_client_request_duration_count';
    expect(before).toContain(`portcullis_breaker_opens_total{${upstream}} 0\n`);
    expect(before).toContain(`portcullis_breaker_state{${upstream}} 0\n`);
    expect(after).toContain(
      `${count}{http_request_method="GET",${upstream},error_type="upstream-reset"} 1\n`,
    );
    expect(after).toContain(
      `${count}{http_request_method="GET",${upstream},http_response_status_code="200"} 1\n`,
    );
    expect(after).toContain(
      `portcullis_upstream_retries_total{${upstream},portcullis_retry_reason="upstream-reset"} 1\n`,
    );
    expect(after).toContain(`portcullis_breaker_state{${upstream}} 2\n`);
    expect(after).toContain(`portcullis_breaker_opens_total{${upstream}} 1\n`);
    expect(after).toContain(`portcullis_breaker_rejected_total{${upstream}} 2\n`);
    expect(after).toContain(`portcullis_breaker_failures_total{${upstream}} 1\n`);
  });

  it('logs each change of a breaker as one event', () => {
    watched.observer.breakerChanged('user-service', 'open');
    watched.observer.breakerChanged('user-service', 'half-open');
    watched.observer.breakerChanged('user-service', 'closed');

    expect(log.lines.map((line) => [line['level'], line['event'], line['upstream']])).toEqual([
      ['warn', 'breaker.opened', 'user-service'],
      ['info', 'breaker.half-opened', 'user-service'],
      ['info', 'breaker.closed', 'user-service'],
    ]);
  });

  it('explains an upstream’s failure in a line of its own, without credentials and without a body', () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln';
    run(502, new GatewayError('upstream-unreachable', { cause: new Error(`refused; Bearer ${token}`) }));
    run(502, new GatewayError('upstream-body', { cause: new SyntaxError('Unexpected "canary"') }));
    run(401, new GatewayError('unauthenticated', { cause: new Error('canary') }));

    const explained = log.lines.filter((line) => line['event'] === 'exchange.failed');
    expect(explained.map((line) => [line['level'], line['error'], line['correlationId']])).toEqual([
      ['warn', 'upstream-unreachable', 'id-1'],
      ['warn', 'upstream-body', 'id-1'],
    ]);
    expect(explained[0]?.['cause']).toMatchObject({ message: 'refused; [credential]' });
    expect(log.text).not.toMatch(/canary|eyJ/);
  });

  it('adds the frames, not the message again, to a failure of the gateway itself', () => {
    run(500, new GatewayError('internal', { cause: new TypeError('first\nsecond') }));

    const line = log.lines.find((candidate) => candidate['event'] === 'exchange.failed');
    const cause = line?.['cause'] as Record<string, string>;
    expect(line?.['level']).toBe('error');
    expect(cause['stack']).toMatch(/^at /);
    expect(cause['stack']).not.toContain('second');
  });

  it('reports the process’s vital signs and lost log lines', async () => {
    const metrics = await scrape();

    for (const name of [
      'v8js_memory_heap_used',
      'process_memory_usage',
      'nodejs_eventloop_delay_p99',
      'nodejs_eventloop_utilization',
      'process_cpu_time_total',
      'portcullis_log_dropped_lines_total',
    ]) {
      expect(metrics).toMatch(new RegExp(`^${name}(\\{.*\\})? [0-9.e-]+$`, 'm'));
    }
  });

  it('keeps the numbers of two gateways in one process apart', async () => {
    const other = createObservability(
      { log: { level: 'info', accessLog: 'off' } },
      { clock, sink: new KeptLines().sink },
    );
    const exchange = exchangeOf();
    other.recorder.started(exchange);
    other.recorder.finished(exchange);

    const metrics = await scrape();
    await other.shutdown();

    expect(metrics).not.toContain('http_server_request_duration_count');
  });

  it('serves on and writes nothing while the access log is off', () => {
    const lines = new KeptLines();
    const quiet = createObservability(
      { log: { level: 'silent', accessLog: 'off' } },
      { clock, sink: lines.sink },
    );
    const exchange = exchangeOf();
    quiet.recorder.started(exchange);
    quiet.recorder.finished(exchange);
    quiet.events.error('process.failed', { reason: 'x' });

    expect(lines.text).toBe('');
  });

  it('refuses at boot an access log that cannot be opened', () => {
    expect(() =>
      createObservability({ log: { level: 'info', accessLog: '/nowhere/at/all/access.log' } }),
    ).toThrow('ACCESS_LOG: /nowhere/at/all/access.log cannot be opened (ENOENT)');
  });

  it('passes on what is logged through Nest as JSON lines, its own boot chatter at debug', () => {
    watched.nestLogger.log('Mapped {/api, GET} route', 'RouterExplorer');
    watched.nestLogger.log('Synced\u2028up', 'OrdersSync');
    watched.nestLogger.error('failed', 'Error: failed\n    at somewhere', 'Injector');
    watched.nestLogger.debug?.('not shown at info');

    expect(log.lines).toEqual([
      {
        level: 'info',
        time: '2026-11-05T12:30:15.042Z',
        event: 'framework.message',
        context: 'OrdersSync',
        message: 'Synced\u2028up',
      },
      {
        level: 'error',
        time: '2026-11-05T12:30:15.042Z',
        event: 'framework.message',
        context: 'Injector',
        message: 'failed',
        stack: 'Error: failed\n    at somewhere',
      },
    ]);
  });
});
