import { afterEach, expect, it } from 'vitest';
import { HpackReader } from '../support/hpack.js';
import { FrameUpstream, HEADERS } from '../support/http2-frame.upstream.js';
import { UpstreamClient } from '../support/upstream.client.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Long enough that nghttp2 alone would remember it. */
const LONG = 'session=0123456789abcdef0123456789abcdef; theme=dark';

it.each([
  ['Authorization', 'Bearer abc'],
  ['Proxy-Authorization', 'Basic YTpi'],
  ['Cookie', 'a=1'],
  ['Cookie', LONG],
  ['X-API-Key', 'key-of-one-client'],
  ['apikey', 'key-of-one-client'],
  ['X-Auth-Token', 'token-of-one-client'],
])('no table on the way remembers %s: %s', async (name, value) => {
  const upstream = await FrameUpstream.start();
  const client = new UpstreamClient({ targets: upstream.url, protocol: 'http2' });
  open.push(upstream, client);
  const headers = ['Host', 'stock', 'X-Common', 'to all requests', name, value];

  for (let i = 0; i < 2; i++) await client.send({ headers }).answer;

  const hpack = new HpackReader();
  const sections = upstream.connections[0]?.of(HEADERS) ?? [];
  const [first, second] = sections.map(({ payload }) => ({
    fields: hpack.read(payload),
    never: hpack.neverIndexed,
  }));
  const credential = [name.toLowerCase(), value];
  expect(second?.fields).toEqual(first?.fields);
  expect(second?.fields).toContainEqual(['x-common', 'to all requests']);
  // What two requests have in common is remembered; the credential stands in full again.
  expect(first?.never).toEqual([credential]);
  expect(second?.never).toEqual([credential]);
});
