import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { Cancellation } from '../../src/contracts/cancellation.js';
import { GatewayError } from '../../src/contracts/gateway-error.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../src/proxy/http1/response-limits.js';
import { dialTo } from '../../src/proxy/http2/dial.js';
import { Http2Forwarder } from '../../src/proxy/http2/http2.forwarder.js';
import { POOL_DEFAULTS } from '../../src/proxy/upstream/pool.options.js';
import { AddressBook } from '../../src/targets/address-book.js';
import { DATA, END_STREAM, FrameUpstream, RST_STREAM } from '../support/http2-frame.upstream.js';

const NGHTTP2_CANCEL = 8;

it.each(['its client leaves', 'it stalls', 'its request is cancelled'])(
  'an upload over HTTP/2 that breaks off because %s is reset, and never ends',
  async (how) => {
    const upstream = await FrameUpstream.start();
    upstream.script = () => {};
    const { hostname, port } = new URL(upstream.url);
    const names = new AddressBook({ refreshMs: 5_000 });
    const forwarder = new Http2Forwarder({
      pool: POOL_DEFAULTS,
      limits: RESPONSE_LIMIT_DEFAULTS,
      names,
      dial: dialTo(names, undefined),
    });
    const stream = new PassThrough();
    stream.write('x'.repeat(20_000));
    const cancellation = new Cancellation();
    const answered = forwarder.forward(
      { method: 'POST', path: '/', headers: ['Host', 'a'], body: { stream, length: undefined } },
      { id: 'a', host: hostname, port: Number(port), tls: false, weight: 1 },
      { connectMs: 1_000, headersMs: 5_000, idleMs: how === 'it stalls' ? 300 : 60_000 },
      cancellation,
      { reused: false, sent: false, answered: false },
    );
    const settled = answered.then(
      () => 'answered',
      () => 'failed',
    );
    await vi.waitFor(() => expect(upstream.connections[0]?.of(DATA).length).toBeGreaterThan(0));

    if (how === 'its client leaves') stream.destroy();
    if (how === 'its request is cancelled') cancellation.cancel(new GatewayError('client-closed'));

    const resets = () => upstream.connections[0]?.of(RST_STREAM) ?? [];
    await vi.waitFor(() => expect(resets()).toHaveLength(1));
    expect(await settled).toBe('failed');
    expect(resets()[0]?.payload.readUInt32BE(0)).toBe(NGHTTP2_CANCEL);
    const ends = upstream.connections[0]?.of(DATA).filter(({ flags }) => (flags & END_STREAM) !== 0);
    expect(ends).toEqual([]);
    forwarder.close();
    await upstream.close();
  },
);
