import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { LogFiles } from '../../../../src/contracts/request-log.js';
import { SecretText } from '../../../../src/contracts/secret-text.js';
import type { KongHttpLogConfig, KongQueueConfig } from '../../../../src/kong/kong-plugins.js';
import { FILE_LOG_PLUGIN } from '../../../../src/kong/plugins/file-log.plugin.js';
import { HTTP_LOG_PLUGIN } from '../../../../src/kong/plugins/http-log.plugin.js';
import type { CompiledPlugin, CredentialPlaces } from '../../../../src/kong/plugins/kong-plugin.js';
import { PROMETHEUS_PLUGIN } from '../../../../src/kong/plugins/prometheus.plugin.js';
import type { LogRequestsOptions } from '../../../../src/policies/log-requests/log-requests.options.js';
import { LogRequestsPolicy } from '../../../../src/policies/log-requests/log-requests.policy.js';
import { FakeClock } from '../../policies/rate-limit/fixtures.js';
import { type Asked, exchangeOf, placeOf } from './limits-and-logs.fixture.js';

/** 2026-03-14T09:26:53.000Z is 5000 on the monotonic clock. */
const EPOCH = Date.UTC(2026, 2, 14, 9, 26, 53) - 5_000;

class TwoClocks extends FakeClock {
  override now = (): number => EPOCH + this.ms;
}

class NotedFiles implements LogFiles {
  readonly lines: string[] = [];
  readonly opened: [string, boolean][] = [];
  closed = 0;
  fault = (path: string): string | undefined => (path === '/bad' ? 'cannot be written.' : undefined);

  open(path: string, reopen: boolean) {
    this.opened.push([path, reopen]);
    return { write: (line: string) => void this.lines.push(line), close: () => void this.closed++ };
  }
}

interface Logging {
  readonly strict?: boolean;
  readonly credentials?: CredentialPlaces;
  readonly without?: 'service';
}

function fileLog({ credentials, ...scope }: Logging = {}) {
  const clock = new TwoClocks(5_000);
  const files = new NotedFiles();
  const policy = new LogRequestsPolicy(files, undefined, clock);
  const place = placeOf('file-log', { path: '/var/log/kong.log', reopen: true }, [policy], scope);
  const plugin = FILE_LOG_PLUGIN.compile({ ...place, credentials });
  return { clock, files, plugin };
}

/** What a proxied request comes to: 20 ms here, 70 ms at the upstream, 10 ms for the body. */
async function proxied(plugin: CompiledPlugin, clock: FakeClock, asked: Asked = {}): Promise<Exchange> {
  const exchange = exchangeOf(asked, clock.ms);
  await plugin.before?.(exchange);
  clock.ms += 20;
  exchange.upstream = 'orders';
  exchange.attempts = 2;
  exchange.tries?.push(
    { target: targetAt('10.1.0.1'), startedAt: clock.ms, status: 0 },
    { target: targetAt('10.1.0.2'), startedAt: clock.ms + 30, status: 201 },
  );
  clock.ms += 70;
  exchange.upstreamMs = 70;
  exchange.upstreamStatus = 201;
  exchange.call = new ForwardCall(exchange, 'GET', `/v1${exchange.path}`, exchange.query, undefined);
  plugin.dress?.(exchange, ['Content-Type', 'application/json', 'Set-Cookie', 'sid=1']);
  exchange.replyHeaders.push('X-Limit', '1');
  clock.ms += 10;
  exchange.status = 201;
  exchange.bytesOut = 100;
  plugin.log?.(exchange);
  return exchange;
}

const targetAt = (host: string) => ({ id: `${host}:8080`, host, port: 8080, tls: false, weight: 1 });
const recordOf = (files: NotedFiles): Record<string, unknown> =>
  JSON.parse(files.lines[0] ?? '') as Record<string, unknown>;

describe('§6 log record', () => {
  const CALLER: Asked = {
    query: '?page=2&apikey=secret',
    headers: ['Host', 'shop.example:8000', 'Authorization', 'Bearer secret', 'Accept', 'a', 'Accept', 'b'],
    consumer: 'ann',
    credential: 'key-1',
  };

  it.each<[string, unknown]>([
    [
      'request',
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        uri: '/orders?page=2&apikey=REDACTED',
        url: 'http://shop.example:8000/orders?page=2&apikey=REDACTED',
        querystring: { page: '2', apikey: 'REDACTED' },
        method: 'GET',
        headers: { host: 'shop.example:8000', authorization: 'REDACTED', accept: ['a', 'b'] },
        size:
          'GET /orders?page=2&apikey=secret HTTP/1.1\r\n'.length +
          'Host: shop.example:8000\r\nAuthorization: Bearer secret\r\nAccept: a\r\nAccept: b\r\n\r\n'.length,
      },
    ],
    ['upstream_uri', '/v1/orders?page=2&apikey=REDACTED'],
    ['upstream_status', '201'],
    [
      'response',
      {
        status: 201,
        headers: {
          'content-type': 'application/json',
          'set-cookie': 'sid=REDACTED',
          'x-limit': '1',
          'x-correlation-id': 'id-1',
        },
        size:
          100 +
          'HTTP/1.1 201 \r\nContent-Type: application/json\r\nSet-Cookie: sid=1\r\nX-Limit: 1\r\n'.length +
          'X-Correlation-ID: id-1\r\n\r\n'.length,
      },
    ],
    ['latencies', { kong: 20, proxy: 70, request: 100, receive: 10 }],
    [
      'tries',
      [
        {
          balancer_start: EPOCH + 5_020,
          balancer_latency: 0,
          ip: '10.1.0.1',
          port: 8080,
          state: 'failed',
          code: 502,
        },
        { balancer_start: EPOCH + 5_050, balancer_latency: 0, ip: '10.1.0.2', port: 8080 },
      ],
    ],
    ['authenticated_entity', { id: 'key-1', consumer_id: 'ann' }],
    ['consumer', { id: 'ann', username: 'name of ann', custom_id: 'custom ann' }],
    ['client_ip', '10.0.0.1'],
    ['started_at', EPOCH + 5_000],
    ['source', 'upstream'],
    ['workspace', 'default'],
    [
      'service',
      {
        id: 'service-1',
        name: 'orders',
        protocol: 'http',
        host: 'orders.internal',
        port: 8080,
        path: '/v1',
        retries: 5,
        connect_timeout: 60_000,
        write_timeout: 60_000,
        read_timeout: 60_000,
        enabled: true,
        tags: ['shop'],
      },
    ],
    [
      'route',
      {
        id: 'route-1',
        name: 'all-orders',
        protocols: ['http', 'https'],
        methods: ['GET'],
        paths: ['/orders'],
        strip_path: true,
        preserve_host: false,
        regex_priority: 0,
        path_handling: 'v0',
        https_redirect_status_code: 426,
        request_buffering: true,
        response_buffering: true,
        service: { id: 'service-1' },
      },
    ],
  ])('§6 log record: of a proxied request, %s', async (member, expected) => {
    const { plugin, files, clock } = fileLog();

    await proxied(plugin, clock, CALLER);

    expect(recordOf(files)[member]).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['latencies', { kong: 15, proxy: -1, request: 15, receive: 0 }],
    ['source', 'kong'],
    ['upstream_uri', ''],
    ['upstream_status', undefined],
    ['consumer', undefined],
    ['authenticated_entity', undefined],
    ['tries', undefined],
    ['response', { status: 401, headers: { 'x-correlation-id': 'id-1' }, size: 50 }],
  ])('§6 log record: of a request refused in front of it, %s', (member, expected) => {
    const { plugin, files, clock } = fileLog();
    const exchange = exchangeOf({}, clock.ms);
    clock.ms += 15;
    exchange.error = new GatewayError('unauthenticated');
    exchange.status = 401;
    plugin.dress?.(exchange, []);
    exchange.bytesOut = 50 - 'HTTP/1.1 401 \r\nX-Correlation-ID: id-1\r\n\r\n'.length;

    plugin.log?.(exchange);

    expect(recordOf(files)[member]).toEqual(expected);
  });

  it('§6 log record: a client that left before the answer has no response size', () => {
    const { plugin, files, clock } = fileLog();
    const exchange = exchangeOf({}, clock.ms);
    exchange.error = new GatewayError('client-closed');
    exchange.status = 499;

    plugin.log?.(exchange);

    expect(recordOf(files)['response']).toEqual({ status: 499, headers: {}, size: 0 });
  });

  it('§6 log record: of a TLS connection, its version, cipher and whether the client showed a certificate', () => {
    const { plugin, files, clock } = fileLog();
    const exchange = exchangeOf({ headers: ['Host', 'shop.example'] }, clock.ms);
    Object.assign(exchange.req.socket, {
      encrypted: true,
      localPort: 8443,
      getProtocol: () => 'TLSv1.3',
      getCipher: () => ({ name: 'TLS_AES_128_GCM_SHA256' }),
    });

    plugin.log?.(exchange);

    expect(recordOf(files)['request']).toMatchObject({
      url: 'https://shop.example:8443/orders',
      tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', client_verify: 'NONE' },
    });
  });

  it('§6 log record: is one line of ASCII, whatever came', async () => {
    const { plugin, files, clock } = fileLog();

    await proxied(plugin, clock, { headers: ['X-Text', 'a"b\\c\u0007\u00e9'], path: '/caf%C3%A9' });

    expect(files.lines).toHaveLength(1);
    expect(files.lines[0]).toMatch(/^[ -~]+$/);
    expect((recordOf(files)['request'] as { headers: unknown }).headers).toEqual({
      'x-text': 'a"b\\c\u0007\u00e9',
    });
  });

  it.each<[string, Logging, string, string, string]>([
    ['usually', {}, 'REDACTED', 'REDACTED', 'sid=REDACTED'],
    [
      'with names of its own',
      { credentials: { headers: ['X-Key'], query: ['key'], cookies: ['sid'] } },
      'REDACTED',
      'REDACTED',
      'sid=REDACTED',
    ],
    ['as Kong shows it', { strict: true }, 'k', 's', 'sid=1'],
    [
      'as Kong shows it, but for what plugins read',
      { strict: true, credentials: { headers: ['ApiKey'], query: ['apikey'], cookies: ['sid'] } },
      'REDACTED',
      'REDACTED',
      'sid=REDACTED',
    ],
  ])('§6 log record: %s, credentials are', async (_, logging, key, parameter, cookie) => {
    const { plugin, files, clock } = fileLog(logging);

    await proxied(plugin, clock, {
      query: '?apikey=s',
      headers: ['apikey', 'k', 'Authorization', 'Bearer x', 'Cookie', 'sid=1'],
    });

    expect(recordOf(files)['request']).toMatchObject({
      querystring: { apikey: parameter },
      headers: { apikey: key, authorization: 'REDACTED', cookie },
    });
  });
});

describe('§6 file-log', () => {
  it('§2 plugins: runs behind nearly all others', () => {
    expect(FILE_LOG_PLUGIN).toMatchObject({ name: 'file-log', priority: 9 });
    expect(HTTP_LOG_PLUGIN).toMatchObject({ name: 'http-log', priority: 12 });
    expect(PROMETHEUS_PLUGIN).toMatchObject({ name: 'prometheus', priority: 13 });
  });

  it('§6 file-log: path and reopen are as given, and the file is let go when the configuration is replaced', () => {
    const { files, plugin } = fileLog();
    expect(files.opened).toEqual([['/var/log/kong.log', true]]);

    plugin.close?.();

    expect(files.closed).toBe(1);
  });

  it('§6 file-log: a file that cannot be written is told at load', () => {
    const policy = new LogRequestsPolicy(new NotedFiles());
    const place = placeOf('file-log', { path: '/bad', reopen: false }, [policy]);

    expect(() => FILE_LOG_PLUGIN.compile(place)).toThrow('file.path: /bad cannot be written.');
  });
});

describe('§6 http-log', () => {
  const QUEUE: KongQueueConfig = {
    maxBatchSize: 1,
    maxCoalescingDelaySeconds: 1,
    maxEntries: 10_000,
    maxBytes: undefined,
    maxRetryTimeSeconds: 60,
    initialRetryDelaySeconds: 0.01,
    maxRetryDelaySeconds: 60,
    concurrencyLimit: 1,
  };
  const CONFIG: KongHttpLogConfig = {
    httpEndpoint: new SecretText('https://user:pass@logs.example/in'),
    method: 'POST',
    contentType: 'application/json',
    timeoutMs: 10_000,
    keepaliveMs: 60_000,
    headers: { 'X-Token': new SecretText('t') },
    queue: QUEUE,
  };
  const optionsOf = (config: Partial<KongHttpLogConfig>): LogRequestsOptions => {
    let seen: LogRequestsOptions | undefined;
    const place = placeOf('http-log', { ...CONFIG, ...config }, []);
    HTTP_LOG_PLUGIN.compile({
      ...place,
      policies: {
        compile: (name, options) => {
          expect(name).toBe('log-requests');
          seen = options as LogRequestsOptions;
          return {};
        },
      },
    });
    return seen as LogRequestsOptions;
  };

  it.each<[string, Partial<KongHttpLogConfig>, object]>([
    [
      'the defaults',
      {},
      { method: 'POST', contentType: 'application/json', timeoutMs: 10_000, keepAliveMs: 60_000 },
    ],
    ['method', { method: 'PUT' }, { method: 'PUT' }],
    [
      'content_type',
      { contentType: 'application/json; charset=utf-8' },
      { contentType: 'application/json; charset=utf-8' },
    ],
    ['timeout', { timeoutMs: 5 }, { timeoutMs: 5 }],
    ['keepalive', { keepaliveMs: 5 }, { keepAliveMs: 5 }],
    ['headers', {}, { headers: { 'X-Token': CONFIG.headers['X-Token'] } }],
  ])('§6 http-log: %s', (_, given, expected) => {
    expect(optionsOf(given).http).toMatchObject(expected);
  });

  it.each<[string, Partial<KongQueueConfig>, object]>([
    ['max_batch_size', { maxBatchSize: 200 }, { maxBatchSize: 200 }],
    ['max_coalescing_delay', { maxCoalescingDelaySeconds: 2.5 }, { maxDelayMs: 2_500 }],
    ['max_entries', { maxEntries: 7 }, { maxEntries: 7 }],
    ['max_bytes', { maxBytes: 1_000 }, { maxBytes: 1_000 }],
    ['max_retry_time', { maxRetryTimeSeconds: 0 }, { maxRetryMs: 0 }],
    ['initial_retry_delay', { initialRetryDelaySeconds: 0.001 }, { firstRetryDelayMs: 1 }],
    ['max_retry_delay', { maxRetryDelaySeconds: 3 }, { maxRetryDelayMs: 3_000 }],
    ['concurrency_limit', { concurrencyLimit: -1 }, { concurrency: 'unlimited' }],
  ])('§6 http-log: queue.%s', (_, given, expected) => {
    expect(optionsOf({ queue: { ...QUEUE, ...given } }).http?.queue).toMatchObject(expected);
  });

  it('§6 http-log: each instance has a queue of its own, and none of its options shows a secret', () => {
    const options = optionsOf({});

    expect(options.id).toBe('plugin-1');
    expect(JSON.stringify(options)).not.toContain('pass');
  });
});
