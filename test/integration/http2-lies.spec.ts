import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayError } from '../../src/contracts/gateway-error.js';
import { DATA, END_STREAM, FrameUpstream, frame, head } from '../support/http2-frame.upstream.js';
import { HTTP2_DROPPED, HTTP2_LIES } from '../support/http2-lies.cases.js';
import { readBody } from '../support/read-body.js';
import { type SentRequest, UpstreamClient } from '../support/upstream.client.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function pair(): Promise<[UpstreamClient, FrameUpstream]> {
  const upstream = await FrameUpstream.start();
  const client = new UpstreamClient({
    targets: upstream.url,
    protocol: 'http2',
    timeout: { headersMs: 500 },
  });
  open.push(upstream, client);
  return [client, upstream];
}

const ended = ({ answer }: SentRequest): Promise<string> =>
  answer
    .then(async ({ body }) => body.whole?.toString() ?? (await readBody(body).whole).toString())
    .catch((error: GatewayError) => error.code);

describe('an HTTP/2 upstream that lies', () => {
  it.each(HTTP2_LIES)('$lie: $ends', async ({ write, ends, fatal }) => {
    const [client, upstream] = await pair();
    expect(await ended(client.get())).toBe('ok');
    const script = upstream.script;
    upstream.script = write;

    const end = await ended(client.get());

    expect(end).toBe(ends);
    upstream.script = script;
    expect(await ended(client.get())).toBe('ok');
    expect([fatal, upstream.connections.length]).toEqual([fatal, fatal ? 2 : 1]);
  });

  it.each(HTTP2_DROPPED)('has no way to pass on the field %j: %j', async (name, value) => {
    const [client, upstream] = await pair();
    upstream.script = (connection, id) => {
      connection.send(
        head(id, 0, [':status', '200'], ['x-good', '1'], [name, value]),
        frame(DATA, END_STREAM, id, 'ok'),
      );
    };

    const { headers } = await client.get().answer;

    expect(headers).toEqual(['x-good', '1']);
  });
});
