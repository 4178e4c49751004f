import { constants } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayError } from '../../src/contracts/gateway-error.js';
import type { UpstreamOptions } from '../../src/contracts/upstream-definition.js';
import {
  ACK,
  answer,
  END_STREAM,
  type FrameConnection,
  FrameUpstream,
  frame,
  GOAWAY,
  head,
  PING,
  RST_STREAM,
  SETTINGS,
  uint32,
} from '../support/http2-frame.upstream.js';
import { readBody } from '../support/read-body.js';
import { type SentRequest, UpstreamClient, type UpstreamClientParts } from '../support/upstream.client.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function pair(
  options: Partial<UpstreamOptions> = {},
  parts: UpstreamClientParts = {},
): Promise<[UpstreamClient, FrameUpstream]> {
  const upstream = await FrameUpstream.start();
  upstream.onFrame = (connection, { type, flags, payload }) => {
    if (type === PING && flags === 0) connection.send(frame(PING, ACK, 0, payload));
  };
  const client = new UpstreamClient({ targets: upstream.url, protocol: 'http2', ...options }, parts);
  open.push(upstream, client);
  return [client, upstream];
}

const settled = ({ answer }: SentRequest): Promise<string> =>
  answer.then(
    ({ body }) => body.whole?.toString() ?? 'streams',
    (error: GatewayError) => error.code,
  );

const first = (upstream: FrameUpstream): FrameConnection => upstream.connections[0] as FrameConnection;

const { NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR } = constants;
const MAX_STREAM = 2 ** 31 - 1;

describe('GOAWAY', () => {
  it('lets streams up to its last one finish, and sends new requests elsewhere', async () => {
    const [client, upstream] = await pair();
    upstream.script = () => {};
    const running = client.get();
    await upstream.received(1);
    first(upstream).send(
      frame(GOAWAY, 0, 0, uint32(MAX_STREAM, NGHTTP2_NO_ERROR)),
      frame(PING, 0, 0, '12345678'),
    );
    upstream.script = (connection, stream) => connection.send(answer(stream, 'second'));
    await acknowledged(upstream);

    expect(await settled(client.get())).toBe('second');
    first(upstream).send(answer(1, 'first'));
    expect(await settled(running)).toBe('first');
    await first(upstream).closed;
    expect(upstream.connections).toHaveLength(2);
    expect(client.connections).toBe(1);
  });

  it('tells which requests were left alone: those behind its last stream', async () => {
    const [client, upstream] = await pair();
    upstream.script = () => {};
    const kept = client.get();
    const refused = client.send({ method: 'POST', body: Buffer.from('once') });
    await upstream.received(2);

    first(upstream).send(frame(GOAWAY, 0, 0, uint32(1, NGHTTP2_NO_ERROR)));

    expect(await settled(refused)).toBe('upstream-reset');
    expect(refused.trace).toMatchObject({ sent: true, answered: false, unprocessed: true });
    first(upstream).send(answer(1));
    expect(await settled(kept)).toBe('ok');
  });

  it('with an error ends what runs; what lay behind its last stream was left alone', async () => {
    const [client, upstream] = await pair();
    upstream.script = () => {};
    const running = client.get();
    const refused = client.get();
    await upstream.received(2);

    first(upstream).send(frame(GOAWAY, 0, 0, uint32(1, NGHTTP2_INTERNAL_ERROR)));

    expect(await settled(running)).toBe('upstream-reset');
    expect(await settled(refused)).toBe('upstream-reset');
    expect(running.trace.unprocessed).toBeUndefined();
    expect(refused.trace.unprocessed).toBe(true);
    expect(client.connections).toBe(0);
  });

  it('closes a connection that carries nothing', async () => {
    const [client, upstream] = await pair();
    await client.get().answer;

    first(upstream).send(frame(GOAWAY, 0, 0, uint32(MAX_STREAM, NGHTTP2_NO_ERROR)));

    await first(upstream).closed;
    expect(client.connections).toBe(0);
  });
});

it('REFUSED_STREAM tells that a request was left alone', async () => {
  const [client, upstream] = await pair();
  upstream.script = (connection, stream) => {
    connection.send(frame(RST_STREAM, 0, stream, uint32(NGHTTP2_REFUSED_STREAM)));
  };

  const sent = client.send({ method: 'POST', body: Buffer.from('once') });

  expect(await settled(sent)).toBe('upstream-reset');
  expect(sent.trace.unprocessed).toBe(true);
  expect(client.connections).toBe(1);
});

describe('a connection', () => {
  it('is closed when it was idle for long', async () => {
    let now = 0;
    const [client, upstream] = await pair({ pool: { idleMs: 1_000 } }, { now: () => now });
    await client.get().answer;

    now = 1_000;

    await first(upstream).closed;
    expect(client.connections).toBe(0);
  });

  it('takes no request beyond its age, and closes after the last it carries', async () => {
    let now = 0;
    const [client, upstream] = await pair(
      { pool: { maxAgeMs: 10_000 } },
      { now: () => now, random: () => 0.5 },
    );
    upstream.script = () => {};
    const old = client.send({}, client.target, { headersMs: 0 });
    await upstream.received(1);

    now = 9_500;
    upstream.script = (connection, stream) => connection.send(answer(stream, 'new'));

    expect(await settled(client.get())).toBe('new');
    first(upstream).send(answer(1, 'old'));
    expect(await settled(old)).toBe('old');
    await first(upstream).closed;
    expect(upstream.connections).toHaveLength(2);
  });

  it('is given up when its address is no longer in the answer for its name', async () => {
    let address = '127.0.0.1';
    let now = 0;
    const upstream = await FrameUpstream.start();
    const targets = upstream.url.replace('127.0.0.1', 'stock.test');
    const client = new UpstreamClient(
      { targets, protocol: 'http2', dns: { refreshMs: 100 } },
      { lookup: (_host, done) => done(null, [{ address, family: 4 }]), now: () => now },
    );
    open.push(upstream, client);
    expect(await settled(client.get())).toBe('ok');

    address = '127.0.0.2';
    now = 100;

    await first(upstream).closed;
    expect(client.connections).toBe(0);
  });

  it('gets no request after one that waited in vain, until a PING was answered', async () => {
    const [client, upstream] = await pair();
    upstream.script = () => {};
    upstream.onFrame = () => {};
    const vain = client.send({}, client.target, { headersMs: 1 });

    expect(await settled(vain)).toBe('upstream-timeout');
    upstream.script = (connection, stream) => connection.send(answer(stream, String(connection.index)));
    expect(await settled(client.get())).toBe('1');
    for (const { payload } of first(upstream).of(PING)) first(upstream).send(frame(PING, ACK, 0, payload));
    first(upstream).send(frame(SETTINGS, 0, 0), frame(PING, 0, 0, '12345678'));
    await acknowledged(upstream);
    const both = await Promise.all([settled(client.get()), settled(client.get())]);
    expect(both.sort()).toEqual(['0', '1']);
  });

  it('that answers no PING is given up with all it carries', async () => {
    let now = 0;
    const [client, upstream] = await pair({}, { now: () => now });
    upstream.onFrame = () => {};
    upstream.script = (connection, stream) => connection.send(head(stream, 0, [':status', '200']));
    const { body } = await client.send({}, client.target, { idleMs: 0 }).answer;
    const reading = readBody(body);
    let cut = false;
    reading.whole.catch(() => {
      cut = true;
    });

    await expect
      .poll(() => {
        now += 10_000;
        return cut;
      })
      .toBe(true);

    expect(first(upstream).of(PING)).toHaveLength(1);
    await expect(reading.whole).rejects.toMatchObject({ code: 'upstream-reset' });
    expect(client.connections).toBe(0);
  });

  it('waits for a stream where the upstream allows none, and opens no further connection', async () => {
    const [client, upstream] = await pair({ timeout: { connectMs: 200 } });
    upstream.onConnection = (connection) => {
      connection.send(frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 3]), uint32(0)])));
    };
    upstream.script = (connection, stream) => {
      connection.send(frame(RST_STREAM, 0, stream, uint32(NGHTTP2_REFUSED_STREAM)));
    };
    await settled(client.get());

    expect(await settled(client.get())).toBe('overloaded');
    expect(upstream.connections).toHaveLength(1);
  });

  it('is closed with its forwarder once it carries nothing more', async () => {
    const [client, upstream] = await pair();
    upstream.script = () => {};
    const running = client.get();
    await upstream.received(1);

    client.close();
    first(upstream).send(head(1, END_STREAM, [':status', '204']));

    expect((await running.answer).status).toBe(204);
    await first(upstream).closed;
  });
});

/** Resolves once the client has read everything sent to its first connection so far, a PING last. */
async function acknowledged(upstream: FrameUpstream): Promise<void> {
  await expect
    .poll(() =>
      first(upstream)
        .of(PING)
        .some(({ flags }) => flags === ACK),
    )
    .toBe(true);
}

it('a stream that the upstream resets is an answer, and its connection stays in use', async () => {
  const [client, upstream] = await pair();
  await client.get().answer;
  upstream.script = (connection, stream) => {
    connection.send(frame(RST_STREAM, 0, stream, uint32(NGHTTP2_INTERNAL_ERROR)));
  };

  const sent = client.get();

  expect(await settled(sent)).toBe('upstream-reset');
  expect(sent.trace).toEqual({ reused: true, sent: true, answered: true });
  expect(client.connections).toBe(1);
});

it('a connection that dies under a request had not answered it, and what lay idle is distrusted', async () => {
  const [client, upstream] = await pair();
  await client.get().answer;
  upstream.script = ({ socket }) => void socket.destroy();

  const sent = client.get();

  expect(await settled(sent)).toBe('upstream-reset');
  expect(sent.trace).toEqual({ reused: true, sent: true, answered: false });
  expect(client.connections).toBe(0);
});
