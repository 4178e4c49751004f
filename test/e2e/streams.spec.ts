import { All, Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  Timeout,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteClient } from '../support/byte.client.js';
import { Gate } from '../support/gate.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { ScriptedUpstream } from '../support/scripted.upstream.js';

const HEADERS_MS = 200;
const IDLE_MS = 300;

const NEWS = defineUpstream('news-service', {
  targets: env('UPSTREAM_URL'),
  timeout: { headersMs: HEADERS_MS, totalMs: HEADERS_MS, idleMs: IDLE_MS },
  breaker: false,
  retry: false,
});

@ProxyController(NEWS, 'news')
@Public()
class NewsController {
  constructor(@InjectUpstream(NEWS) private readonly news: UpstreamClient) {}

  @Get('poll')
  @Timeout(5_000)
  poll(@Forward() call: ForwardCall) {
    return this.news.forward(call);
  }

  @Get('quiet')
  @Timeout({ idleMs: 0 })
  quiet(@Forward() call: ForwardCall) {
    return this.news.forward(call);
  }

  @All('*path')
  rest(@Forward() call: ForwardCall) {
    return this.news.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(NEWS)],
  controllers: [NewsController],
})
class AppModule {}

const STREAM =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n';

/** One event as a chunk. */
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

const get = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: gateway\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip, br\r\n\r\n`;

describe.each(WAYS)('streams and long polls, %s', (way) => {
  let upstream: ScriptedUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    running = await startGateway(AppModule, { way, environment: { UPSTREAM_URL: upstream.url } });
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  /** Opens a stream; what is sent upstream from then on is the test's. */
  async function openStream(path: string) {
    const opened = new Gate<(text: string) => void>();
    const closed = new Gate();
    upstream.script = ({ socket }) => {
      socket.write(STREAM);
      socket.on('close', () => closed.open());
      opened.open((text) => socket.write(text));
    };
    const client = new ByteClient(running.port).send(get(path));
    return { client, send: await opened.opened, closed: closed.opened };
  }

  it('passes each event, and each heartbeat, before the next one comes, and as it came', async () => {
    const { client, send } = await openStream('/news/live');

    const head = await client.receives('\r\n\r\n');
    const events = [':\n\n', 'id: 1\ndata: one\n\n', 'data: ', 'two\n', '\n', ':heartbeat\n\n'];
    for (const event of events) {
      send(chunk(event));
      await client.receives(chunk(event));
    }
    client.close();

    expect(head).toContain('Content-Type: text/event-stream\r\n');
    expect(head).not.toMatch(/content-encoding|content-length/i);
    expect(client.text.endsWith(events.map(chunk).join(''))).toBe(true);
  });

  it('lets a stream last longer than an answer may take to begin, as long as something comes', async () => {
    const { client, send } = await openStream('/news/live');
    const startedAt = performance.now();
    let beats = 0;
    const heart = setInterval(() => send(chunk(`:${++beats}\n\n`)), 50);

    await client.receives(`:${Math.ceil((3 * Math.max(HEADERS_MS, IDLE_MS)) / 50)}\n\n`);
    clearInterval(heart);
    client.close();

    expect(performance.now() - startedAt).toBeGreaterThan(2 * IDLE_MS);
  });

  it('cuts a stream that is silent for longer than idleMs, and never ends it as if it were whole', async () => {
    const { client, send, closed } = await openStream('/news/live');
    send(chunk('data: last\n\n'));

    const text = await client.end();
    await closed;

    expect(text).toContain('data: last');
    expect(text.endsWith('0\r\n\r\n')).toBe(false);
    await expect.poll(() => running.lines().at(-1)).toMatchObject({ error: 'upstream-timeout' });
  });

  it('lets a route keep a stream that may be silent', async () => {
    const { client, send } = await openStream('/news/quiet');
    const other = await openStream('/news/live');

    // The one beside it was cut by then.
    await other.client.end();
    send(chunk('data: at last\n\n'));
    const text = await client.receives('at last');
    client.close();

    expect(text).toContain('data: at last');
  });

  it('ends upstream as soon as the client has left', async () => {
    const { client, closed } = await openStream('/news/quiet');
    await client.receives('\r\n\r\n');

    client.close();

    await expect(closed).resolves.toBeUndefined();
  });

  it('ends at the client when the upstream is gone', async () => {
    const { client, send } = await openStream('/news/quiet');
    await client.receives('\r\n\r\n');

    send('0\r\n\r\n');
    const text = await client.receives('0\r\n\r\n');
    client.close();

    expect(text.endsWith('0\r\n\r\n')).toBe(true);
  });

  it('answers a long poll late where its route says so, and 504 where it does not', async () => {
    upstream.script = ({ socket, head }) => {
      if (head.startsWith('GET /news/poll')) {
        // Late for the upstream's own clock: the other request was given up by then.
        late.opened.then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'));
      }
    };
    const late = new Gate();
    const poll = ask(`${running.url}/news/poll`);

    const impatient = await ask(`${running.url}/news/other`);
    late.open();
    const patient = await poll;

    expect([impatient.status, impatient.json()]).toEqual([
      504,
      expect.objectContaining({ code: 'upstream-timeout' }),
    ]);
    expect([patient.status, patient.text]).toEqual([200, 'late']);
  });

  it('gives up a long poll upstream when its client leaves', async () => {
    const asked = new Gate<Promise<void>>();
    upstream.script = ({ socket }) =>
      asked.open(new Promise((resolve) => socket.on('close', () => resolve())));
    const client = new ByteClient(running.port).send(get('/news/poll'));
    const closed = asked.opened;
    await upstreamAsked(upstream);

    client.close();

    await expect(closed).resolves.toBeUndefined();
  });
});

async function upstreamAsked(upstream: ScriptedUpstream): Promise<void> {
  await expect.poll(() => upstream.requests.at(-1)?.head ?? '').toContain('GET /news/poll');
}
