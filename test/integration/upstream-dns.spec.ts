import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Get, Module } from '@nestjs/common';
import {
  type UpstreamClient as Client,
  defineUpstream,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  UpstreamModule,
  type UpstreamOptions,
} from 'portcullis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SWEEP_INTERVAL_MS } from '../../src/proxy/http1/sweep.js';
import type { Lookup } from '../../src/targets/lookup.js';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { Gate } from '../support/gate.js';
import { ask, startGateway, WAYS, type Way } from '../support/gateway.harness.js';
import { SecureUpstream } from '../support/secure.upstream.js';
import { UpstreamClient, type UpstreamClientParts } from '../support/upstream.client.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A resolver that answers as the test says, and counts. */
class Resolver {
  asked = 0;
  /** Lookups that wait: with `held`, until the test answers them. */
  readonly held: (() => void)[] = [];
  hold = false;

  constructor(public result: readonly string[] | Error) {}

  readonly lookup: Lookup = (_host, answer) => {
    this.asked++;
    const { result } = this;
    const tell = (): void => {
      if (result instanceof Error) answer(result, []);
      else
        answer(
          null,
          result.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
    };
    if (this.hold) this.held.push(tell);
    else setImmediate(tell);
  };
}

/** An upstream on every IPv4 address of this machine, 127.0.0.1 to 127.255.255.254 among them. */
class WideUpstream {
  /** Which of its addresses each connection came to. */
  readonly called: (string | undefined)[] = [];
  respond: (finish: () => void) => void = (finish) => finish();
  readonly #server: Server = createServer((_req, res) => this.respond(() => res.end('ok')));

  static async start(): Promise<WideUpstream> {
    const upstream = new WideUpstream();
    upstream.#server.keepAliveTimeout = 0;
    upstream.#server.on('connection', ({ localAddress }) => upstream.called.push(localAddress));
    upstream.#server.listen(0, '0.0.0.0');
    await once(upstream.#server, 'listening');
    open.push(upstream);
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function client(options: UpstreamOptions, { lookup, ...parts }: UpstreamClientParts): UpstreamClient {
  const made = new UpstreamClient(options, { lookup, ...parts });
  open.push(made);
  return made;
}

const codeOf = async (made: UpstreamClient): Promise<string> =>
  made.get().answer.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );

describe('the addresses of a name', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });

  /** Lets the time of one refresh pass, and the resolver answer. */
  async function refresh(): Promise<void> {
    vi.advanceTimersByTime(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  it('are looked up once for the first requests together, and never again on their account', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1']);
    const stock = client({ targets: `http://stock.test:${upstream.port}` }, resolver);

    await Promise.all([stock.get().answer, stock.get().answer, stock.get().answer]);
    await stock.get().answer;

    expect(resolver.asked).toBe(1);
  });

  it('are looked up again in the background every refreshMs, one lookup at a time', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1']);
    const stock = client(
      { targets: `http://stock.test:${upstream.port}`, dns: { refreshMs: 200 } },
      resolver,
    );
    await stock.get().answer;

    resolver.hold = true;
    vi.advanceTimersByTime(1_000);
    const { answer } = stock.get();
    await answer;

    expect([resolver.asked, resolver.held.length]).toEqual([2, 1]);
  });

  it('are all tried, of both families, until one answers', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['::1', '127.0.0.1']);
    const stock = client({ targets: `http://stock.test:${upstream.port}` }, resolver);

    const { status } = await stock.get().answer;

    expect([status, upstream.called]).toEqual([200, ['127.0.0.1']]);
  });

  it('are all tried over TLS too, and the name is verified on each', async () => {
    const authority = new CertificateAuthority();
    const upstream = await SecureUpstream.start(authority.issue('stock', { names: ['stock.test'] }));
    open.push(upstream);
    const resolver = new Resolver(['::1', '127.0.0.1']);
    const stock = client({ targets: `https://stock.test:${upstream.port}` }, resolver);
    stock.identity?.renew({ ca: authority.cert });

    const { status } = await stock.get().answer;

    expect([status, upstream.sides[0]?.serverName]).toEqual([200, 'stock.test']);
  });

  it('take turns, so that connections spread over them', async () => {
    const upstream = await WideUpstream.start();
    const arrived: (() => void)[] = [];
    const all = new Gate();
    upstream.respond = (finish) => {
      if (arrived.push(finish) === 4) all.open();
    };
    const resolver = new Resolver(['127.0.0.1', '127.0.0.2']);
    const stock = client({ targets: `http://stock.test:${upstream.port}` }, resolver);

    const calls = [1, 2, 3, 4].map(() => stock.get().answer);
    await all.opened;
    for (const finish of arrived) finish();
    await Promise.all(calls);

    expect([...upstream.called].sort((a, b) => String(a).localeCompare(String(b)))).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      '127.0.0.2',
      '127.0.0.2',
    ]);
  });

  it('that leave the answer lose their idle connections at once, and new ones go to those that came', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1']);
    const stock = client({ targets: `http://stock.test:${upstream.port}` }, resolver);
    await stock.get().answer;

    resolver.result = ['127.0.0.2'];
    await refresh();
    const left = stock.connections;
    const { trace, answer } = stock.get();
    await answer;

    expect([left, trace.reused]).toEqual([0, false]);
    expect(upstream.called).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  it('that leave the answer keep a request that runs, and get no other on its connection', async () => {
    const upstream = await WideUpstream.start();
    const running = new Gate<() => void>();
    upstream.respond = (finish) => running.open(finish);
    const resolver = new Resolver(['127.0.0.1']);
    const stock = client({ targets: `http://stock.test:${upstream.port}` }, resolver);
    const { answer } = stock.get();
    const finish = await running.opened;

    resolver.result = ['127.0.0.2'];
    await refresh();
    finish();
    const { status, body } = await answer;
    const text = body.whole?.toString();
    upstream.respond = (done) => done();
    const next = stock.get();
    await next.answer;

    expect([status, text, next.trace.reused]).toEqual([200, 'ok', false]);
    expect(upstream.called).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  it('that stay keep their connections', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1']);
    const stock = client({ targets: `http://stock.test:${upstream.port}` }, resolver);
    await stock.get().answer;

    resolver.result = ['127.0.0.2', '127.0.0.1'];
    await refresh();
    const { trace, answer } = stock.get();
    await answer;

    expect([trace.reused, upstream.called.length]).toEqual([true, 1]);
  });

  it('stay the last good ones while lookups fail, which is told once for each outage', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1']);
    const told: string[] = [];
    const stock = client(
      { targets: `http://stock.test:${upstream.port}`, pool: { idleMs: 0 } },
      {
        lookup: resolver.lookup,
        lookupFailed: (host, { message }) => told.push(`failed ${host}: ${message}`),
        lookupRecovered: (host) => told.push(`recovered ${host}`),
      },
    );
    await stock.get().answer;

    resolver.result = new Error('SERVFAIL');
    await refresh();
    await refresh();
    const { status } = await stock.get().answer;
    resolver.result = [];
    await refresh();
    resolver.result = ['127.0.0.1'];
    await refresh();
    resolver.result = new Error('SERVFAIL');
    await refresh();

    expect([status, resolver.asked]).toEqual([200, 6]);
    expect(told).toEqual([
      'failed stock.test: SERVFAIL',
      'recovered stock.test',
      'failed stock.test: SERVFAIL',
    ]);
  });

  it('fail a request when none was ever found, and not for longer than a second at a time', async () => {
    let now = 10_000;
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(new Error('NXDOMAIN'));
    const stock = client(
      { targets: `http://stock.test:${upstream.port}` },
      { lookup: resolver.lookup, now: () => now },
    );

    const codes = [await codeOf(stock), await codeOf(stock)];
    const askedByThen = resolver.asked;
    resolver.result = ['127.0.0.1'];
    now += 1_000;
    codes.push(await codeOf(stock));

    expect(codes).toEqual(['upstream-unreachable', 'upstream-unreachable', 'none']);
    expect([askedByThen, resolver.asked]).toEqual([1, 2]);
  });

  it('are waited for no longer than a connection may take', async () => {
    let now = 10_000;
    const resolver = new Resolver(['127.0.0.1']);
    resolver.hold = true;
    const stock = client(
      { targets: 'http://stock.test:9', timeout: { connectMs: 1_000 } },
      { lookup: resolver.lookup, now: () => now },
    );

    const code = codeOf(stock);
    now += 1_000;
    vi.advanceTimersByTime(SWEEP_INTERVAL_MS);

    expect(await code).toBe('upstream-connect-timeout');
    for (const tell of resolver.held) tell();
  });

  it('are not asked for any more once the gateway has closed', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1']);
    const stock = client({ targets: `http://stock.test:${upstream.port}` }, resolver);
    await stock.get().answer;

    stock.close();
    await refresh();

    expect(resolver.asked).toBe(1);
  });
});

describe('addresses that dns.deny lists', () => {
  // 83: a name that begins to resolve to where it must not.
  it('are not connected to when a name resolves to them', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1', '169.254.169.254', '::ffff:127.0.0.1']);
    const stock = client(
      { targets: `http://stock.test:${upstream.port}`, dns: { deny: ['loopback', 'link-local'] } },
      resolver,
    );

    const code = await codeOf(stock);

    expect([code, upstream.called]).toEqual(['upstream-unreachable', []]);
  });

  it('are passed over while a name has others', async () => {
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.2', '127.0.0.1']);
    const stock = client(
      { targets: `http://stock.test:${upstream.port}`, dns: { deny: ['127.0.0.2/32'] } },
      resolver,
    );

    await stock.get().answer;
    await stock.get().answer;

    expect(new Set(upstream.called)).toEqual(new Set(['127.0.0.1']));
  });

  it('lose their connections when a name moves to them', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const upstream = await WideUpstream.start();
    const resolver = new Resolver(['127.0.0.1']);
    const stock = client(
      { targets: `http://stock.test:${upstream.port}`, dns: { deny: ['127.0.0.2'] } },
      resolver,
    );
    await stock.get().answer;

    resolver.result = ['127.0.0.2'];
    vi.advanceTimersByTime(5_000);
    await vi.waitUntil(() => stock.connections === 0);

    expect([await codeOf(stock), upstream.called]).toEqual(['upstream-unreachable', ['127.0.0.1']]);
  });

  it.each(WAYS)('answer 502 with the cause in the log alone, %s', async (way) => {
    const upstream = await WideUpstream.start();
    const gateway = await gatewayTo(
      { targets: `http://localhost:${upstream.port}`, dns: { deny: ['loopback'] } },
      way,
    );

    const answer = await ask(`${gateway.url}/stock`);
    const [logged] = await gateway.logged('exchange.failed', 1);

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'upstream-unreachable', upstream: 'stock-service' });
    expect(answer.text).not.toContain('127.0.0.1');
    expect(JSON.stringify(logged)).toContain('which dns.deny does not let the gateway connect to');
    expect(upstream.called).toEqual([]);
  });
});

describe.each(WAYS)('a name of the system, %s', (way) => {
  it('is found as the system finds it, the hosts file included', async () => {
    const upstream = await WideUpstream.start();
    const gateway = await gatewayTo({ targets: `http://localhost:${upstream.port}` }, way);

    const answer = await ask(`${gateway.url}/stock`);

    expect([answer.status, answer.text]).toEqual([200, 'ok']);
  });

  it('that does not exist is warned of once, by the upstream and its name', async () => {
    // Where there is no resolver at all, the system takes its time to say so.
    const timeout = { connectMs: 15_000 };
    const gateway = await gatewayTo({ targets: 'http://stock.invalid:80', retry: false, timeout }, way);

    const answers = [await ask(`${gateway.url}/stock`), await ask(`${gateway.url}/stock`)];
    const warnings = await gateway.logged('upstream.lookup-failing', 1);

    expect(answers.map(({ status }) => status)).toEqual([502, 502]);
    expect(answers[0]?.text).not.toContain('invalid');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ level: 'warn', upstream: 'stock-service', host: 'stock.invalid' });
  });
});

async function gatewayTo(options: UpstreamOptions, way: Way) {
  const STOCK = defineUpstream('stock-service', options);

  @ProxyController(STOCK, 'stock')
  @Public()
  class StockController {
    constructor(@InjectUpstream(STOCK) private readonly stock: Client) {}

    @Get()
    all(@Forward() call: ForwardCall) {
      return this.stock.forward(call);
    }
  }

  @Module({ imports: [UpstreamModule.forFeature(STOCK)], controllers: [StockController] })
  class StockModule {}

  @Module({ imports: [GatewayModule.forRoot(), StockModule] })
  class AppModule {}

  const running = await startGateway(AppModule, { way });
  open.push(running);
  return running;
}
