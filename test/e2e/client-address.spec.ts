import { All, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/observability/events.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { proxyV2 } from '../support/proxy-header.js';
import { RawClient, sendRaw } from '../support/raw.client.js';
import { RecordingUpstream } from '../support/recording.upstream.js';

const SHOP = defineUpstream('shop', { targets: env('SHOP_URL') });

@ProxyController(SHOP, 'shop')
@Public()
class ShopController {
  constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }
}

@Module({ imports: [UpstreamModule.forFeature(SHOP)], controllers: [ShopController] })
class ShopModule {}

@Module({ imports: [GatewayModule.forRoot(), ShopModule] })
class AppModule {}

const TRUSTING = { TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8' };

describe.each(WAYS)('the address of a client, %s', (way) => {
  let upstream: RecordingUpstream;
  let running: RunningGateway;

  const start = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    running = await startGateway(AppModule, { way, environment: { SHOP_URL: upstream.url, ...environment } });
  };

  /** Fields in the order they are sent, behind the Host. */
  const send = (...fields: string[]) =>
    sendRaw(running.port, `GET /shop HTTP/1.1\r\n${['Host: shop.example', ...fields].join('\r\n')}\r\n\r\n`);

  /** Every value of the fields that tell an upstream about the client. */
  const told = (): Record<string, string[]> => {
    const { rawHeaders } = upstream.last;
    const found: Record<string, string[]> = {};
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      if (/forwarded|^host$/.test(name)) found[name] = [...(found[name] ?? []), rawHeaders[i + 1] as string];
    }
    return found;
  };

  beforeEach(async () => {
    upstream = await RecordingUpstream.start();
  });

  afterEach(async () => {
    await running.close();
    await upstream.close();
  });

  it('is the peer when nobody is trusted, and all it claims is replaced', async () => {
    await start();

    await send(
      'X-Forwarded-For: 203.0.113.9',
      'Forwarded: for=203.0.113.9;proto=https;host=forged.example',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: forged.example',
      'X-Forwarded-Port: 1',
      'X-Forwarded-Prefix: //evil',
    );

    const [line] = await running.accessLines(1);
    expect(line?.['client']).toBe('127.0.0.1');
    expect(told()).toEqual({
      host: [`127.0.0.1:${upstream.port}`],
      'x-forwarded-for': ['127.0.0.1'],
      'x-forwarded-proto': ['http'],
      'x-forwarded-host': ['shop.example'],
      'x-forwarded-port': [String(running.port)],
    });
  });

  it('is the peer when others are trusted', async () => {
    await start({ TRUSTED_PROXIES: '10.0.0.0/8' });

    await send('X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https');

    expect(told()).toMatchObject({ 'x-forwarded-for': ['127.0.0.1'], 'x-forwarded-proto': ['http'] });
  });

  it('is the first that is not trusted from the right, over all fields, in the log and to the upstream', async () => {
    await start(TRUSTING);

    await send('X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: [2001:DB8::9]:4711, 10.0.0.2:80');

    const [line] = await running.accessLines(1);
    expect(line?.['client']).toBe('2001:db8::9');
    expect(told()['x-forwarded-for']).toEqual(['2001:db8::9']);
  });

  it('is read from Forwarded where X-Forwarded-For is absent', async () => {
    await start(TRUSTING);

    await send(
      'Forwarded: for=6.6.6.6',
      'Forwarded: for="[2001:db8::9]";proto=https;host=shop.test, for=10.0.0.2',
    );

    expect(told()).toMatchObject({
      'x-forwarded-for': ['2001:db8::9'],
      'x-forwarded-proto': ['https'],
      'x-forwarded-host': ['shop.test'],
      'x-forwarded-port': ['443'],
    });
    expect(told()).not.toHaveProperty('forwarded');
  });

  it('is X-Forwarded-For where both are sent', async () => {
    await start(TRUSTING);

    await send('Forwarded: for=6.6.6.6;proto=https', 'X-Forwarded-For: 203.0.113.9');

    expect(told()).toMatchObject({ 'x-forwarded-for': ['203.0.113.9'], 'x-forwarded-proto': ['http'] });
  });

  it('comes with the scheme, host and port that a trusted proxy names, and these choose nothing here', async () => {
    await start(TRUSTING);

    const answer = await send(
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: other.example',
      'X-Forwarded-Port: 8443',
      'X-Forwarded-Prefix: /evil',
    );

    expect(answer.status).toBe(200);
    expect(upstream.last.url).toBe('/shop');
    expect(told()).toEqual({
      host: [`127.0.0.1:${upstream.port}`],
      'x-forwarded-for': ['203.0.113.9'],
      'x-forwarded-proto': ['https'],
      'x-forwarded-host': ['other.example'],
      'x-forwarded-port': ['8443'],
    });
  });

  it.each(['X-Forwarded-Proto: gopher', 'X-Forwarded-Host: a.example/x', 'X-Forwarded-Port: 99999'])(
    'comes with nothing invalid, not from a trusted proxy either: %s',
    async (field) => {
      await start(TRUSTING);

      await send(field);

      expect(told()).toMatchObject({
        'x-forwarded-proto': ['http'],
        'x-forwarded-host': ['shop.example'],
        'x-forwarded-port': [String(running.port)],
      });
    },
  );

  it('is warned of once, naming peer and header, when forwarding headers come from a peer that is not trusted', async () => {
    await start();

    await send('Accept: */*');
    expect(running.lines().filter(({ event }) => event === EVENTS.forwardingUntrusted)).toEqual([]);
    await send('x-forwarded-Proto: https', 'X-Forwarded-For: 203.0.113.9');
    await send('Forwarded: for=203.0.113.9');
    await running.accessLines(3);

    const warnings = running.lines().filter(({ event }) => event === EVENTS.forwardingUntrusted);
    expect(warnings).toEqual([
      expect.objectContaining({ level: 'warn', peer: '127.0.0.1', header: 'x-forwarded-Proto' }),
    ]);
  });

  it('is not warned of when they come from a trusted one', async () => {
    await start(TRUSTING);

    await send('X-Forwarded-For: 203.0.113.9');
    await running.accessLines(1);

    expect(running.lines().map(({ event }) => event)).not.toContain(EVENTS.forwardingUntrusted);
  });
});

describe.each(WAYS)('the address of a client behind a proxy that sends PROXY headers, %s', (way) => {
  let upstream: RecordingUpstream;
  let running: RunningGateway;
  let client: RawClient | undefined;

  const start = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    running = await startGateway(AppModule, {
      way,
      environment: { SHOP_URL: upstream.url, PROXY_PROTOCOL: 'on', ...TRUSTING, ...environment },
    });
  };

  const request = (...fields: string[]): Buffer =>
    Buffer.from(`GET /shop HTTP/1.1\r\n${['Host: shop.example', ...fields].join('\r\n')}\r\n\r\n`);

  const connect = (...bytes: Buffer[]): RawClient => {
    client = new RawClient(running.port).send(Buffer.concat(bytes));
    return client;
  };

  beforeEach(async () => {
    upstream = await RecordingUpstream.start();
  });

  afterEach(async () => {
    client?.close();
    await running.close();
    await upstream.close();
  });

  it.each([
    ['version 1', Buffer.from('PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n')],
    ['version 2', proxyV2({ source: '203.0.113.9', port: 443 })],
  ])(
    'is the announced one, and its own claims are replaced, for each request of the connection: %s',
    async (_what, header) => {
      await start();

      const raw = connect(header, request(), request('X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https'));
      await raw.answer();
      await raw.answer();
      raw.send(request('Forwarded: for=6.6.6.6'));
      await raw.answer();

      const lines = await running.accessLines(3);
      expect(lines.map((line) => line['client'])).toEqual(Array(3).fill('203.0.113.9'));
      for (const { headers } of upstream.received) {
        expect(headers).toMatchObject({
          'x-forwarded-for': '203.0.113.9',
          'x-forwarded-proto': 'http',
          'x-forwarded-port': '443',
        });
      }
      expect(upstream.received).toHaveLength(3);
    },
  );

  it('is walked to through X-Forwarded-For when the announced one is a trusted proxy itself', async () => {
    await start();

    await connect(
      Buffer.from('PROXY TCP4 10.0.0.7 192.0.2.1 1 443\r\n'),
      request('X-Forwarded-For: 6.6.6.6, 203.0.113.9'),
    ).answer();

    expect(upstream.last.headers['x-forwarded-for']).toBe('203.0.113.9');
  });

  it('is the proxy where it speaks for itself', async () => {
    await start();

    await connect(proxyV2({ command: 0 }), request()).answer();

    expect(upstream.last.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': String(running.port),
    });
  });

  it('is nobody without a header: a trusted connection is closed unanswered, and the log says so once', async () => {
    await start();

    await expect(connect(request()).answer()).rejects.toThrow('without an answer: ""');
    await expect(connect(request()).answer()).rejects.toThrow('without an answer: ""');

    expect(await running.logged(EVENTS.proxyHeaderRefused, 1)).toEqual([
      expect.objectContaining({ level: 'warn', peer: '127.0.0.1', reason: 'malformed' }),
    ]);
    expect(upstream.received).toHaveLength(0);
  });

  it('is nobody when the header does not come in time', async () => {
    await start({ HEADERS_TIMEOUT_MS: '80' });

    await connect(Buffer.from('PROXY TCP4')).closed();

    const [line] = await running.logged(EVENTS.proxyHeaderRefused, 1);
    expect(line).toMatchObject({ peer: '127.0.0.1', reason: 'timeout' });
  });

  it('is the peer where that is not trusted, and a PROXY header of its is a malformed request', async () => {
    await start({ TRUSTED_PROXIES: '10.0.0.0/8' });

    const refused = await connect(
      Buffer.from('PROXY TCP4 203.0.113.9 192.0.2.1 1 443\r\n'),
      request(),
    ).answer();
    const answer = await ask(`${running.url}/shop`);

    expect(refused.status).toBe(400);
    expect(answer.status).toBe(200);
    expect(upstream.received).toHaveLength(1);
    expect(upstream.last.headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('is not asked for by default: a PROXY header is a malformed request', async () => {
    await start({ PROXY_PROTOCOL: 'off' });

    const refused = await connect(
      Buffer.from('PROXY TCP4 203.0.113.9 192.0.2.1 1 443\r\n'),
      request(),
    ).answer();

    expect(refused.status).toBe(400);
    expect(upstream.received).toHaveLength(0);
  });
});
