import { constants } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answer,
  DATA,
  END_STREAM,
  FrameUpstream,
  frame,
  GOAWAY,
  head,
  RST_STREAM,
  uint32,
} from '../support/http2-frame.upstream.js';
import { readBody } from '../support/read-body.js';
import { UpstreamClient } from '../support/upstream.client.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function pair(): Promise<[UpstreamClient, FrameUpstream]> {
  const upstream = await FrameUpstream.start();
  const client = new UpstreamClient({ targets: upstream.url, protocol: 'http2' });
  open.push(upstream, client);
  return [client, upstream];
}

const PART = Buffer.alloc(10_000, 'a');

describe('a body that an HTTP/2 upstream cuts', () => {
  it.each([
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR, 'upstream-reset'],
    ['CANCEL', constants.NGHTTP2_CANCEL, 'upstream-reset'],
    ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR, 'upstream-reset'],
    ['REFUSED_STREAM', constants.NGHTTP2_REFUSED_STREAM, 'upstream-reset'],
    ['PROTOCOL_ERROR', constants.NGHTTP2_PROTOCOL_ERROR, 'upstream-protocol'],
  ])('[125] never ends cleanly: RST_STREAM %s', async (_name, code, expected) => {
    const [client, upstream] = await pair();
    upstream.script = (connection, id) => {
      connection.send(head(id, 0, [':status', '200']), frame(DATA, 0, id, PART), frame(DATA, 0, id, PART));
    };

    const { body } = await client.get().answer;
    const reading = readBody(body);
    upstream.connections[0]?.send(frame(RST_STREAM, 0, 1, uint32(code)));

    await expect(reading.whole).rejects.toMatchObject({ code: expected });
    upstream.script = (connection, id) => connection.send(answer(id));
    expect((await client.get().answer).body.whole?.toString()).toBe('ok');
    expect(upstream.connections).toHaveLength(1);
  });

  it.each([
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
    ['CANCEL', constants.NGHTTP2_CANCEL],
  ])('[125] is a 502 when the cut comes with the headers: RST_STREAM %s', async (_name, code) => {
    const [client, upstream] = await pair();
    upstream.script = (connection, id) => {
      connection.send(
        head(id, 0, [':status', '200']),
        frame(DATA, 0, id, 'part'),
        frame(RST_STREAM, 0, id, uint32(code)),
      );
    };

    await expect(client.get().answer).rejects.toMatchObject({ code: 'upstream-reset' });
  });

  it.each(['destroy', 'end'] as const)('[125] never ends cleanly: the connection goes by %s', async (how) => {
    const [client, upstream] = await pair();
    upstream.script = (connection, id) => {
      connection.send(head(id, 0, [':status', '200']), frame(DATA, 0, id, PART), frame(DATA, 0, id, PART));
    };

    const { body } = await client.get().answer;
    const reading = readBody(body);
    upstream.connections[0]?.socket[how]();

    await expect(reading.whole).rejects.toMatchObject({ code: 'upstream-reset' });
    expect(client.connections).toBe(0);
  });

  it('[122] is no whole body when it is shorter than its content-length', async () => {
    const [client, upstream] = await pair();
    upstream.script = (connection, id) => {
      connection.send(
        head(id, 0, [':status', '200'], ['content-length', '30000']),
        frame(DATA, 0, id, PART),
        frame(DATA, 0, id, PART),
      );
    };

    const { body } = await client.get().answer;
    const reading = readBody(body);
    upstream.connections[0]?.send(frame(DATA, END_STREAM, 1, 'short'));

    await expect(reading.whole).rejects.toMatchObject({ code: 'upstream-protocol' });
  });

  it('[123] is no body at all when it is longer than its content-length', async () => {
    const [client, upstream] = await pair();
    upstream.script = (connection, id) => {
      connection.send(
        head(id, 0, [':status', '200'], ['content-length', '2']),
        frame(DATA, END_STREAM, id, 'long'),
      );
    };

    await expect(client.get().answer).rejects.toMatchObject({ code: 'upstream-protocol' });
  });
});

describe('a body that is complete', () => {
  it('stays complete for a slow reader when the connection goes right behind it', async () => {
    const [client, upstream] = await pair();
    upstream.script = (connection, id) => {
      connection.send(head(id, 0, [':status', '200']));
      for (let part = 0; part < 20; part++) connection.send(frame(DATA, 0, id, PART));
    };

    const { body } = await client.get().answer;
    const reading = readBody(body, 1);
    const [connection] = upstream.connections;
    connection?.send(frame(DATA, END_STREAM, 1, 'end'), frame(GOAWAY, 0, 0, uint32(1, 0)));
    connection?.socket.end();
    await connection?.closed;
    while (reading.chunks.at(-1)?.toString() !== 'end') {
      await new Promise(setImmediate);
      reading.flow.resume();
    }

    expect(await reading.whole).toHaveLength(20 * PART.length + 3);
  });
});
