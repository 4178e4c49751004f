import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayError } from '../../src/contracts/gateway-error.js';
import {
  ACK,
  DATA,
  FrameUpstream,
  frame,
  head,
  PING,
  SETTINGS,
  uint32,
  WINDOW_UPDATE,
} from '../support/http2-frame.upstream.js';
import { readBody } from '../support/read-body.js';
import { UpstreamClient } from '../support/upstream.client.js';

const FRAMES = 200_000;
const BATCH = 1_000;
const MAX_RISE_BYTES = 32 * 1_048_576;

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(): Promise<FrameUpstream> {
  const upstream = await FrameUpstream.start();
  open.push(upstream);
  return upstream;
}

/** Frames that cost the sender nothing, behind the header section of an answer. `endless`: only silence ends the call. */
const FLOODS: readonly (readonly [name: string, ends: string, make: (stream: number) => Buffer])[] = [
  ['PING', 'upstream-protocol', () => frame(PING, 0, 0, '12345678')],
  ['acknowledged PING', 'upstream-protocol', () => frame(PING, ACK, 0, '12345678')],
  ['SETTINGS', 'upstream-protocol', () => frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 255, 255]))],
  ['empty DATA', 'upstream-protocol', (stream) => frame(DATA, 0, stream)],
  ['1xx', 'upstream-protocol', (stream) => head(stream, 0, [':status', '103'])],
  ['WINDOW_UPDATE', 'upstream-timeout', (stream) => frame(WINDOW_UPDATE, 0, stream, uint32(1))],
  ['ORIGIN', 'upstream-timeout', () => frame(12, 0, 0, '\0\u0009https://a')],
];

describe.each(FLOODS)('a flood of %s frames from an HTTP/2 upstream', (_name, ends, make) => {
  it(`ends as ${ends}, in bounded memory, and hurts no other upstream`, async () => {
    const [upstream, calm] = [await start(), await start()];
    const targets = [upstream.url, calm.url];
    const client = new UpstreamClient({ targets, protocol: 'http2', timeout: { idleMs: 300 } });
    open.push(client);
    upstream.script = (connection, stream) => {
      connection.send(head(stream, 0, [':status', '200']));
      const batch = Buffer.concat(Array.from({ length: BATCH }, () => make(stream)));
      let left = FRAMES / BATCH;
      const pour = (): void => {
        while (left-- > 0 && !connection.socket.destroyed) {
          if (!connection.socket.write(batch)) {
            connection.socket.once('drain', pour);
            return;
          }
        }
      };
      pour();
    };
    const before = process.memoryUsage().rss;

    const flooded = client
      .send({}, client.targets[0])
      .answer.then(({ body }) => readBody(body).whole)
      .catch((error: GatewayError) => error.code);
    const others = await Promise.all(
      Array.from({ length: 20 }, async () =>
        (await client.get(client.targets[1]).answer).body.whole?.toString(),
      ),
    );

    expect(await flooded).toBe(ends);
    expect(others).toEqual(Array.from({ length: 20 }, () => 'ok'));
    expect(process.memoryUsage().rss - before).toBeLessThan(MAX_RISE_BYTES);
  });
});

describe('an HTTP/2 upstream that does not heed the window', () => {
  it('is cut off: a reader that rests costs a window and no more', async () => {
    const upstream = await start();
    const client = new UpstreamClient({ targets: upstream.url, protocol: 'http2' });
    open.push(client);
    upstream.script = (connection, stream) => {
      connection.send(head(stream, 0, [':status', '200']));
      for (let part = 0; part < 1_000; part++) connection.send(frame(DATA, 0, stream, Buffer.alloc(16_384)));
    };

    const { body } = await client.get().answer;
    const reading = readBody(body, 1);

    await expect(reading.whole).rejects.toMatchObject({ code: 'upstream-protocol' });
    expect(Buffer.concat(reading.chunks).length).toBeLessThan(300_000);
  });
});
