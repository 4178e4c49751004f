import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import {
  Cors,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  LogRequests,
  logRequests,
  MeasureRequests,
  NoRequestLog,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, startGateway, WAYS } from '../support/gateway.harness.js';
import { nextMessage, openSocket } from '../support/websocket.client.js';

interface Record {
  readonly request: {
    readonly id: string;
    readonly uri: string;
    readonly headers: { readonly [name: string]: string };
  };
  readonly response: {
    readonly status: number;
    readonly headers: { readonly [name: string]: string };
    readonly size: number;
  };
  readonly route: object;
  readonly service?: object;
  readonly source: string;
  readonly tries?: readonly { readonly port: number }[];
  readonly latencies: { readonly proxy: number };
}

const FOLDER = mkdtempSync(join(tmpdir(), 'portcullis-e2e-request-log-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const ORDERS = defineUpstream('order-service', { targets: env('UPSTREAM_URL'), breaker: false });
const GONE = defineUpstream('gone-service', { targets: 'http://127.0.0.1:9', breaker: false, retry: false });

function moduleOf(file: string) {
  @ProxyController(ORDERS, 'orders')
  class OrdersController {
    constructor(@InjectUpstream(ORDERS) private readonly orders: UpstreamClient) {}

    @Get('quiet')
    @NoRequestLog('asked for every second')
    quiet(@Forward() call: ForwardCall) {
      return this.orders.forward(call);
    }

    @Get('limited')
    @RateLimit({ limit: 1, window: '1d' })
    limited(@Forward() call: ForwardCall) {
      return this.orders.forward(call);
    }

    @Get('measured')
    @Public()
    @MeasureRequests({
      status: true,
      latency: true,
      bandwidth: true,
      targets: true,
      service: 'shop',
      route: 'orders',
    })
    measured(@Forward() call: ForwardCall) {
      return this.orders.forward(call);
    }

    @Get('open')
    @Public()
    @Cors({ origins: ['https://shop.example'] })
    open(@Forward() call: ForwardCall) {
      return this.orders.forward(call);
    }

    @Get(':id')
    one(@Forward() call: ForwardCall) {
      return this.orders.forward(call);
    }
  }

  @ProxyController(GONE, 'gone')
  @Public()
  class GoneController {
    constructor(@InjectUpstream(GONE) private readonly gone: UpstreamClient) {}

    @Get()
    one(@Forward() call: ForwardCall) {
      return this.gone.forward(call);
    }
  }

  @Controller('about')
  @LogRequests({ file: { path: file } })
  class AboutController {
    @Get()
    about() {
      return { about: true };
    }
  }

  @Module({
    imports: [
      GatewayModule.forRoot({ authentication: jwt(), defaults: [logRequests({ file: { path: file } })] }),
      UpstreamModule.forFeature(ORDERS, GONE),
    ],
    controllers: [OrdersController, GoneController, AboutController],
  })
  class LoggedModule {}
  return LoggedModule;
}

describe.each(WAYS)('a log of requests, %s', (way) => {
  const file = join(FOLDER, `${way}.log`);
  const gateway = gatewayOf(moduleOf(file), { way });
  const records = (): Record[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record);
  const recordOf = (id: string): Promise<Record> =>
    vi.waitFor(() => {
      const found = records().filter(({ request }) => request.id === id);
      expect(found).toHaveLength(1);
      return found[0] as Record;
    }, 2_000);
  const asId = (id: string, headers = {}) => ({ headers: { 'X-Correlation-ID': id, ...headers } });
  const withToken = async (path: string, id: string) => {
    const { bearer } = await import('../support/tokens.js');
    return gateway.ask(path, asId(id, bearer()));
  };

  it('has one record of an answered request, with what was sent and what was answered', async () => {
    const { headers } = await withToken('/orders/7?page=1&apikey=secret', 'ok');

    const record = await recordOf('ok');
    expect(record).toMatchObject({
      request: {
        uri: '/orders/7?page=1&apikey=REDACTED',
        method: 'GET',
        headers: { authorization: 'REDACTED' },
      },
      response: { status: 200, headers: { 'content-type': 'application/json', 'x-correlation-id': 'ok' } },
      route: {
        id: 'GET /orders/:id',
        methods: ['GET'],
        path: '/orders/:id',
        handler: 'OrdersController.one',
      },
      service: { name: 'order-service' },
      source: 'upstream',
      upstream_status: '200',
      upstream_uri: '/orders/7?page=1&apikey=REDACTED',
    });
    expect(record.tries).toEqual([expect.objectContaining({ ip: '127.0.0.1', port: gateway.upstream.port })]);
    expect(headers['content-type']).toBe('application/json');
  });

  it.each([
    ['whom nobody knows', '/orders/7', 401],
    ['that finds no upstream', '/gone', 502],
  ])('has one of a request %s', async (_, path, status) => {
    const id = `refused-${status}`;

    const { text } = await ask(gateway.running.url + path, asId(id));

    const record = await recordOf(id);
    expect(record).toMatchObject({ response: { status }, source: 'kong' });
    expect(record.response.size).toBeGreaterThan(text.length);
  });

  it('has one of a request that a limit refused, and of the one that used it up', async () => {
    await withToken('/orders/limited', 'first');
    await withToken('/orders/limited', 'second');

    expect((await recordOf('first')).response.status).toBe(200);
    const refused = await recordOf('second');
    expect(refused.response).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } });
    expect(refused.latencies.proxy).toBe(-1);
  });

  it('has one of a preflight', async () => {
    await ask(`${gateway.running.url}/orders/open`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://shop.example',
        'Access-Control-Request-Method': 'GET',
        'X-Correlation-ID': 'preflight',
      },
    });

    expect((await recordOf('preflight')).response.status).toBeLessThan(300);
  });

  it('has one of an ordinary controller that says so', async () => {
    await ask(`${gateway.running.url}/about`, asId('ordinary'));

    expect(await recordOf('ordinary')).toMatchObject({
      response: { status: 200, headers: { 'content-type': expect.stringContaining('application/json') } },
    });
  });

  it('has none where it is switched off', async () => {
    await withToken('/orders/quiet', 'quiet');
    await withToken('/orders/8', 'behind');

    await recordOf('behind');
    expect(records().some(({ request }) => request.id === 'quiet')).toBe(false);
  });

  it('§6 prometheus: what is switched on is on /metrics, in names and labels of Kong', async () => {
    gateway.upstream.respond = (_req, res) => {
      res.statusCode = 201;
      res.end('{"ok":true}');
    };
    for (let i = 0; i < 3; i++) await ask(`${gateway.running.url}/orders/measured`);

    const { text } = await ask(`${gateway.running.adminUrl}/metrics`);

    const lines = text.split('\n').filter((line) => line.startsWith('kong_'));
    const labels = 'service="shop",route="orders"';
    expect(lines).toContain(
      `kong_http_requests_total{${labels},code="201",source="service",workspace="default",consumer=""} 3`,
    );
    for (const name of ['kong_kong_latency_ms', 'kong_upstream_latency_ms', 'kong_request_latency_ms'])
      expect(lines).toContain(`${name}_count{${labels},workspace="default"} 3`);
    expect(lines).toContain(`kong_upstream_latency_ms_bucket{${labels},workspace="default",le="60000"} 3`);
    expect(lines).toContain(`kong_kong_latency_ms_bucket{${labels},workspace="default",le="6000"} 3`);
    for (const direction of ['ingress', 'egress'])
      expect(
        lines.find((line) => line.startsWith(`kong_bandwidth_bytes{${labels},direction="${direction}"`)),
      ).toMatch(/workspace="default",consumer=""} \d+$/);
    expect(lines).toContain(
      'kong_upstream_target_health{upstream="order-service",target="127.0.0.1:' +
        `${gateway.upstream.port}",address="127.0.0.1:${gateway.upstream.port}",state="healthchecks_off",subsystem="http"} 1`,
    );
    expect(lines).toContain('kong_datastore_reachable 1');
    expect(lines.some((line) => line.startsWith('kong_node_info{'))).toBe(true);
  });
});

describe('a log of requests', () => {
  it.each(WAYS)('has one record of a WebSocket, when it is over, %s', async (way) => {
    const file = join(FOLDER, `socket-${way}.log`);
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
    const SOCKETS = defineUpstream('socket-service', {
      targets: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });

    @ProxyController(SOCKETS, 'sockets')
    @Public()
    @LogRequests({ file: { path: file } })
    class SocketsController {
      constructor(@InjectUpstream(SOCKETS) private readonly sockets: UpstreamClient) {}

      @Get()
      @WebSocket()
      one(@Forward() call: ForwardCall) {
        return this.sockets.forward(call);
      }
    }
    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SOCKETS)],
      controllers: [SocketsController],
    })
    class SocketsModule {}
    const running = await startGateway(SocketsModule, { way });
    const { socket } = await openSocket(running.port, '/sockets');
    socket.send('hello');
    await nextMessage(socket);
    const statuses = (): number[] =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as Record).response.status);
    await ask(`${running.url}/sockets`);
    await vi.waitFor(() => expect(statuses()).toEqual([426]));
    socket.close();
    await vi.waitFor(() => expect(statuses()).toEqual([426, 101]));
    await running.close();
    server.close();

    const [, last = ''] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(last)).toMatchObject({ source: 'upstream', upstream_status: '101' });
  });

  it('reaches its collector when the gateway drains', async () => {
    const bodies: string[] = [];
    const collector = createServer((req, res) => {
      req.on('data', (chunk: Buffer) => bodies.push(chunk.toString())).on('end', () => res.end());
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`;

    @ProxyController(GONE, 'gone')
    @Public()
    @LogRequests({ http: { url, queue: { maxBatchSize: 100, maxDelayMs: 60_000 } } })
    class GoneController {
      constructor(@InjectUpstream(GONE) private readonly gone: UpstreamClient) {}

      @Get()
      one(@Forward() call: ForwardCall) {
        return this.gone.forward(call);
      }
    }
    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(GONE)],
      controllers: [GoneController],
    })
    class CollectedModule {}
    const running = await startGateway(CollectedModule);
    await ask(`${running.url}/gone`);
    await ask(`${running.url}/gone`);

    await running.close();
    collector.close();

    expect(JSON.parse(bodies.join(''))).toMatchObject([
      { response: { status: 502 } },
      { response: { status: 502 } },
    ]);
  });

  it('does not start with a file that cannot be written, nor without a place to log to', async () => {
    @ProxyController(GONE, 'gone')
    @Public()
    class GoneController {
      constructor(@InjectUpstream(GONE) private readonly gone: UpstreamClient) {}

      @Get('file')
      @LogRequests({ file: { path: '/no/such/folder/x.log' } })
      file(@Forward() call: ForwardCall) {
        return this.gone.forward(call);
      }

      @Get('nowhere')
      @LogRequests({})
      nowhere(@Forward() call: ForwardCall) {
        return this.gone.forward(call);
      }

      @Get('wrong')
      @LogRequests({
        http: { url: 'ftp://user:secret@x/', timeoutMs: 0, queue: { maxEntries: -1 } as never },
      })
      wrong(@Forward() call: ForwardCall) {
        return this.gone.forward(call);
      }
    }
    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(GONE)],
      controllers: [GoneController],
    })
    class WrongModule {}

    const failed = await startGateway(WrongModule).then(
      () => '',
      (error: Error) => error.message,
    );

    expect(failed.split('\n')).toEqual([
      'GoneController.file: @LogRequests: file.path: /no/such/folder/x.log cannot be written (ENOENT); name a file in a folder that is there and may be written.',
      'GoneController.nowhere: @LogRequests: nothing says where to log; give file or http.',
      'GoneController.wrong: @LogRequests: http.timeoutMs is 0; must be a whole number, 1–2147483647.',
      'GoneController.wrong: @LogRequests: http.url must begin with https:// or http://.',
      'GoneController.wrong: @LogRequests: http.queue.maxEntries is -1; must be a whole number, 1–1000000.',
    ]);
  });
});
