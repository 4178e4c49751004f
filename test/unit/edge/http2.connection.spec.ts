import { once } from 'node:events';
import { connect, constants, createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Http2Connection, type RequestTaker } from '../../../src/edge/http2/http2.connection.js';

const server = createServer();

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
});
