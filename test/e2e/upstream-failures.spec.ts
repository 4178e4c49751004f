import { All, Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  Timeout,
  Unfiltered,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.js';
import { type Answer, ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RawClient, sendRaw } from '../support/raw.client.js';
import { deadPort, type Script, ScriptedUpstream } from '../support/scripted.upstream.js';

const STOCK = defineUpstream('stock-service', { targets: env('STOCK_URL'), breaker: false });
const GONE = defineUpstream('gone-service', { targets: env('GONE_URL'), breaker: false });

@ProxyController(STOCK, 'stock')
@Public()
class StockController {
  constructor(
    @InjectUpstream(STOCK) private readonly stock: UpstreamClient,
    @InjectUpstream(GONE) private readonly gone: UpstreamClient,
  ) {}

  @Get('gone')
  unreachable(@Forward() call: ForwardCall) {
    return this.gone.forward(call);
  }

  @Get('joined')
  async joined() {
    return { stock: await this.gone.get('/stock') };
  }

  @Get('late')
  @Timeout({ headersMs: 50 })
  late(@Forward() call: ForwardCall) {
    return this.stock.forward(call);
  }

  @Get('stalled')
  @Timeout({ idleMs: 50 })
  stalled(@Forward() call: ForwardCall) {
    return this.stock.forward(call);
  }

  @Get('filtered')
  @FilterResponse({ omit: ['secret'] })
  filtered(@Forward() call: ForwardCall) {
    return this.stock.forward(call);
  }

  @All('*path')
  @Unfiltered('only one route filters')
  rest(@Forward() call: ForwardCall) {
    return this.stock.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(STOCK, GONE)],
  controllers: [StockController],
})
class AppModule {}

const head = (fields: string, status = '200 OK'): string => `HTTP/1.1 ${status}\r\n${fields}\r\n`;

describe.each(WAYS)('an upstream in trouble, %s', (way) => {
  let upstream: ScriptedUpstream;
  let running: RunningGateway;
  let gonePort: number;
  const good: Script = ({ socket }) => socket.write(`${head('Content-Length: 2\r\n')}ok`);

  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    gonePort = await deadPort();
    running = await startGateway(AppModule, {
      way,
      environment: { STOCK_URL: upstream.url, GONE_URL: `http://127.0.0.1:${gonePort}` },
    });
  });

  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.script = good;
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  /** Nothing of an answer tells where the upstream is or what went wrong inside. */
  function expectNothingLeaked(answer: Answer): void {
    const everything = JSON.stringify(answer.rawHeaders) + answer.text;
    expect(everything).not.toContain(String(gonePort));
    expect(everything).not.toContain(String(upstream.port));
    expect(everything).not.toMatch(/127\.0\.0\.1|localhost|ECONN|EPIPE|socket|node:|at \w+ \(/i);
  }

  it('answers 502 and names the upstream, never its address, when nothing listens there', async () => {
    const answer = await ask(`${running.url}/stock/gone`);

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({
      code: 'upstream-unreachable',
      upstream: 'gone-service',
      status: 502,
    });
    expectNothingLeaked(answer);
  });

  it('answers the same when a handler joins such an upstream', async () => {
    const answer = await ask(`${running.url}/stock/joined`);

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-unreachable', upstream: 'gone-service' });
    expectNothingLeaked(answer);
  });

  it('answers 504 and names the upstream when the answer is late', async () => {
    upstream.script = () => {};

    const answer = await ask(`${running.url}/stock/late`);

    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject({ code: 'upstream-timeout', upstream: 'stock-service' });
    expectNothingLeaked(answer);
  });

  it('answers 502 when a new connection is reset before the answer', async () => {
    upstream.script = ({ socket }) => socket.resetAndDestroy();

    const answer = await ask(`${running.url}/stock/reset`, { method: 'POST', body: 'x' });

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-reset', upstream: 'stock-service' });
    expectNothingLeaked(answer);
  });

  it.each([
    ['a status line that is none', 'HELLO\r\n\r\n'],
    ['two lengths that differ', `${head('Content-Length: 2\r\nContent-Length: 3\r\n')}abc`],
    ['a length and chunked', `${head('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n`],
    ['a header name with a blank', `${head('X Test: a\r\nContent-Length: 2\r\n')}ok`],
    ['a header value with a NUL', `${head('X-Test: a\0b\r\nContent-Length: 2\r\n')}ok`],
  ])('answers 502 and destroys the connection when the upstream sends %s', async (_, bytes) => {
    const closed = new Gate();
    upstream.script = ({ socket }) => {
      socket.once('close', () => closed.open());
      socket.write(bytes);
    };

    const answer = await ask(`${running.url}/stock/odd`, { method: 'POST', body: 'x' });
    await closed.opened;

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-protocol', upstream: 'stock-service' });
    expectNothingLeaked(answer);
  });

  it.each([
    ['a length', head('Content-Length: 100\r\n')],
    ['chunks', `${head('Transfer-Encoding: chunked\r\n')}5\r\n`],
  ])('cuts the connection, and never ends cleanly, when a body framed by %s breaks off', async (_, start) => {
    upstream.script = ({ socket }) => socket.write(`${start}hello`, () => socket.resetAndDestroy());
    const client = new RawClient(running.port).send('GET /stock/cut HTTP/1.1\r\nHost: gateway\r\n\r\n');

    const answer = await client.answer().catch(() => undefined);
    await client.closed();

    // Whether the first bytes still came through or not: the end never looks like one.
    expect(answer?.complete ?? false).toBe(false);
    client.close();
  });

  it('answers 502 when a filtered body breaks off: nothing was sent yet', async () => {
    upstream.script = ({ socket }) => {
      socket.write(`${head('Content-Length: 100\r\n')}{"secret":1`, () => socket.resetAndDestroy());
    };

    const answer = await ask(`${running.url}/stock/filtered`);

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-reset', upstream: 'stock-service' });
    expect(answer.text).not.toContain('secret');
  });

  it('cuts the connection when a body stalls', async () => {
    upstream.script = ({ socket }) => socket.write(`${head('Content-Length: 100\r\n')}hello`);
    const client = new RawClient(running.port).send('GET /stock/stalled HTTP/1.1\r\nHost: gateway\r\n\r\n');

    const answer = await client.answer();

    expect(answer.status).toBe(200);
    expect(answer.complete).toBe(false);
    client.close();
  });

  it('tries a GET once more when the pooled connection was dead', async () => {
    await ask(`${running.url}/stock/warm`);
    upstream.script = (request) => {
      if (request.turn > 0) request.socket.destroy();
      else good(request);
    };

    const answer = await ask(`${running.url}/stock/again`);

    expect(answer.status).toBe(200);
    expect(upstream.requests.map(({ head }) => head.split(' ')[1])).toEqual([
      '/stock/warm',
      '/stock/again',
      '/stock/again',
    ]);
    await expect
      .poll(() => running.lines().find(({ path }) => path === '/stock/again'))
      .toMatchObject({ status: 200, attempts: 2 });
  });

  it('never sends a POST twice', async () => {
    await ask(`${running.url}/stock/warm`);
    upstream.script = (request) => {
      if (request.turn > 0) request.socket.destroy();
      else good(request);
    };

    const answer = await ask(`${running.url}/stock/once`, { method: 'POST', body: 'pay' });

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-reset' });
    expect(upstream.requests.filter(({ head }) => head.startsWith('POST'))).toHaveLength(1);
  });

  it('cancels the upstream request of a client that leaves before the answer', async () => {
    const arrived = new Gate();
    const closed = new Gate();
    upstream.script = ({ socket }) => {
      socket.once('close', () => closed.open());
      arrived.open();
    };
    const client = new RawClient(running.port).send(
      'GET /stock/left-early HTTP/1.1\r\nHost: gateway\r\n\r\n',
    );

    await arrived.opened;
    client.reset();
    await closed.opened;

    await expect
      .poll(() => running.lines().find(({ path }) => path === '/stock/left-early'))
      .toMatchObject({ status: 499, error: 'client-closed' });
  });

  it('cancels the upstream request of a client that leaves inside the body, and no other', async () => {
    const closed = new Gate();
    const others = new Gate<() => void>();
    upstream.script = ({ head: request, socket }) => {
      socket.write(`${head('Content-Length: 100\r\n')}hello`);
      if (request.includes('/left')) socket.once('close', () => closed.open());
      else others.open(() => socket.write('x'.repeat(95)));
    };
    const leaving = new RawClient(running.port).send('GET /stock/left HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const staying = new RawClient(running.port).send('GET /stock/stay HTTP/1.1\r\nHost: gateway\r\n\r\n');

    const finish = await others.opened;
    leaving.reset();
    await closed.opened;
    finish();
    const answer = await staying.answer();

    expect(answer.complete).toBe(true);
    expect(answer.body).toHaveLength(100);
    staying.close();
  });

  it('passes no interim response on, and waits for the final one', async () => {
    upstream.script = ({ socket }) => {
      socket.write(head('Link: </a.css>\r\n', '103 Early Hints') + head('', '100 Continue'));
      socket.write(`${head('Content-Length: 2\r\nX-Final: yes\r\n')}ok`);
    };

    const answer = await sendRaw(running.port, 'GET /stock/hints HTTP/1.1\r\nHost: gateway\r\n\r\n');

    expect(answer.status).toBe(200);
    expect(answer.values('x-final')).toEqual(['yes']);
    expect(answer.values('link')).toEqual([]);
  });

  it.each(['204 No Content', '304 Not Modified'])('knows that a %s has no body', async (status) => {
    upstream.script = ({ socket }) => socket.write(head('ETag: "a"\r\n', status));
    const client = new RawClient(running.port);

    const request = 'GET /stock/nothing HTTP/1.1\r\nHost: gateway\r\n\r\n';
    const first = await client.send(request).answer();
    const second = await client.send(request).answer();

    expect(first.status).toBe(Number(status.slice(0, 3)));
    expect(first.values('etag')).toEqual(['"a"']);
    expect(first.values('transfer-encoding')).toEqual([]);
    expect(second.status).toBe(first.status);
    client.close();
  });

  it('keeps the length of a HEAD answer and reads no body behind it', async () => {
    upstream.script = ({ socket }) => socket.write(head('Content-Length: 1234\r\n'));
    const client = new RawClient(running.port);

    const request = 'HEAD /stock/size HTTP/1.1\r\nHost: gateway\r\n\r\n';
    const first = await client.send(request).answer('HEAD');
    const second = await client.send(request).answer('HEAD');

    expect(first.values('content-length')).toEqual(['1234']);
    expect(second.status).toBe(200);
    client.close();
  });

  it('passes a body that ends with its connection', async () => {
    upstream.script = ({ socket }) => socket.end(`${head('Content-Type: text/plain\r\n')}until the end`);

    const answer = await ask(`${running.url}/stock/close`);

    expect(answer.text).toBe('until the end');
  });

  it('drops trailers and keeps the body', async () => {
    upstream.script = ({ socket }) => {
      socket.write(
        `${head('Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n')}2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`,
      );
    };

    const answer = await sendRaw(running.port, 'GET /stock/trailers HTTP/1.1\r\nHost: gateway\r\n\r\n');

    expect(answer.body.toString()).toBe('ok');
    expect(answer.values('trailer')).toEqual([]);
    expect(answer.complete).toBe(true);
  });
});
