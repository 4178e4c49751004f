import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP2_LIMITS } from '../../src/edge/http2/http2-limits.js';
import { http2ServerOptions } from '../../src/edge/http2/http2-server.options.js';
import { http2Trip } from '../support/http2.trip.js';
import { DEVIATION_CASES } from '../support/http2-deviations.cases.js';
import { FRAMING_CASES } from '../support/http2-framing.cases.js';
import { STREAM_CASES } from '../support/http2-streams.cases.js';

/**
 * What the gateway leaves to node:http2, without the gateway: a new Node that reads otherwise is found here, and not
 * taken for a fault of ours.
 */
describe('node:http2 by itself', () => {
  let server: Http2Server;

  beforeAll(async () => {
    server = createServer(
      http2ServerOptions({ ...HTTP2_LIMITS, maxHeaderCount: 100, maxHeaderBytes: 16_384 }),
    );
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {});
      stream.resume().on('end', () => {
        if (stream.closed) return;
        stream.respond();
        stream.end('ok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const cases = [...FRAMING_CASES, ...STREAM_CASES, ...DEVIATION_CASES];

  it.each(cases.map((one) => [`${one.section}: ${one.name}`, one] as const))('%s', async (_, one) => {
    const { port } = server.address() as AddressInfo;

    const { unlike } = await http2Trip(port, one);

    expect(unlike).toEqual([]);
  });
});
