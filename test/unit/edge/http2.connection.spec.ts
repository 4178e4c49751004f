import { once } from 'node:events';
import { connect, constants, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Http2Connection, type RequestTaker } from '../../../src/edge/http2/http2.connection.js';
import { HTTP2_LIMITS } from '../../../src/edge/http2/http2-limits.js';
import { guardSession } from '../../../src/edge/http2/session-guard.js';
import { Http2Client } from '../../support/http2.client.js';
import { CODE, ping } from '../../support/http2.frames.js';
import { getPath } from '../../support/http2.requests.js';

let server: Http2Server;

beforeEach(() => {
  server = createServer();
});
afterEach(() => server.close());

/** Statuses of the answers to these paths, asked at once on one connection; the reset's code where there was none. */
async function answersOf(serve: RequestTaker, paths: readonly string[]): Promise<readonly number[]> {
  server.on('session', (session: ServerHttp2Session) => {
    const peer = { address: '127.0.0.1', port: 1, proxied: false };
    new Http2Connection(session, session.socket as Socket, peer as never, serve, () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const answers = await Promise.all(
    paths.map(
      (path) =>
        new Promise<number>((resolve) => {
          const stream = client.request({ ':path': path });
          stream.on('response', (headers) => resolve(Number(headers[':status'])));
          stream.on('error', () => {});
          stream.on('close', () => resolve(stream.rstCode ?? constants.NGHTTP2_NO_ERROR));
        }),
    ),
  );
  client.destroy();
  return answers;
}

describe('Http2Connection', () => {
  it('resets the one request whose serving throws, and serves those that came with it', async () => {
    const answers = await answersOf(
      (_connection, request, reply) => {
        if (request.url === '/broken') throw new Error('broken');
        reply.writeHead(204, []);
        reply.end();
      },
      ['/a', '/broken', '/b'],
    );

    expect(answers).toEqual([204, constants.NGHTTP2_INTERNAL_ERROR, 204]);
  });

  it('serves no request that came in the read in which its client was found to flood', async () => {
    const serve = vi.fn();
    server.on('session', (session: ServerHttp2Session) => {
      const peer = { address: '127.0.0.1', port: 1, proxied: false };
      const closed = guardSession(session, HTTP2_LIMITS, () => connection.abandon());
      const connection = new Http2Connection(session, session.socket as Socket, peer as never, serve, closed);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new Http2Client((server.address() as AddressInfo).port);
    const pings = Array.from({ length: HTTP2_LIMITS.pings.burst + 50 }, () => ping());

    client.send(getPath(1, '/a'), ...pings);
    await client.closed();

    expect(client.goaway).toBe(CODE.calm);
    expect(serve).not.toHaveBeenCalled();
  });
});
