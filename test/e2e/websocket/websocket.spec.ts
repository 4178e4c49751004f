import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ByteClient } from '../../support/byte.client.js';
import { EchoUpstream } from '../../support/echo.upstream.js';
import { ask, type RunningGateway, startGateway } from '../../support/gateway.harness.js';
import { bearer } from '../../support/tokens.js';
import { WEBSOCKET_WAYS, webSocketApp } from '../../support/websocket.app.js';
import { closeCode, handshake, nextMessage, openSocket, refusal } from '../../support/websocket.client.js';

describe.each(WEBSOCKET_WAYS)('a WebSocket, %s, through %s', (way, carrier) => {
  let upstream: EchoUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await EchoUpstream.start();
    running = await startGateway(webSocketApp(carrier), { way, environment: { UPSTREAM_URL: upstream.url } });
  });

  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.onSocket = undefined;
  });

  afterEach(() => {
    for (const socket of upstream.sockets) socket.terminate();
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  it('carries messages both ways and leaves one line when it is over', async () => {
    const { socket, response } = await openSocket(running.port, '/chat/room?x=1');
    socket.send('hello');

    const answer = await nextMessage(socket);
    socket.close(1000, 'done');
    const code = await closeCode(socket);

    expect([answer, code]).toEqual(['hello', 1000]);
    const id = response.headers['x-correlation-id'];
    await expect
      .poll(() => running.lines().find((line) => line['correlationId'] === id))
      .toMatchObject({
        status: 101,
        path: '/chat/room',
        upstream: 'chat-service',
        upstreamStatus: 101,
        attempts: 1,
      });
    const line = running.lines().find((entry) => entry['correlationId'] === id);
    // 5 bytes of text in a masked frame, and a masked Close with its reason; the same unmasked, and compressed.
    expect(line?.['bytesIn']).toBeGreaterThan(11);
    expect(line?.['bytesOut']).toBeGreaterThan(7);
    expect(line).not.toHaveProperty('error');
  });

  it('sends the upstream one well-formed handshake, with the same headers as any request', async () => {
    const { socket, response } = await openSocket(
      running.port,
      '/chat/members/7',
      {
        headers: { ...bearer({ scope: 'chat:join' }), 'X-Forwarded-For': '6.6.6.6', 'X-Consumer-Id': 'root' },
      },
      ['one', 'two'],
    );

    const [seen] = upstream.requests;
    socket.terminate();

    expect(seen?.url).toBe('/rooms/members');
    expect(seen?.headers).toMatchObject({
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'one,two',
      'x-room': 'members',
      'x-handler': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'x-correlation-id': response.headers['x-correlation-id'],
    });
    expect(seen?.headers).not.toHaveProperty('x-consumer-id');
    expect(seen?.rawHeaders.filter((name) => /^(connection|upgrade)$/i.test(name))).toHaveLength(2 + 1);
    expect(socket.protocol).toBe('two');
    expect(socket.extensions).toContain('permessage-deflate');
  });

  it.each([
    ['no token', {}, 401, 'unauthenticated'],
    ['a token without the scope', bearer({ scope: 'other' }), 403, 'forbidden'],
  ])('is refused as any request is: %s', async (_, headers, status, code) => {
    const refused = await refusal(running.port, '/chat/members/7', { headers });

    expect(refused).toMatchObject({ status, problem: { status, code } });
    expect(upstream.requests).toHaveLength(0);
  });

  it('counts every handshake as a request', async () => {
    const first = await openSocket(running.port, '/chat/limited');
    const second = await openSocket(running.port, '/chat/limited');

    const third = await refusal(running.port, '/chat/limited');

    expect(third).toMatchObject({ status: 429, problem: { code: 'rate-limited', policy: 'rate-limit' } });
    expect(first.response.headers['x-ratelimit-limit']).toBe('2');
    for (const { socket } of [first, second]) socket.terminate();
  });

  it('is 404 where no route is', async () => {
    await expect(refusal(running.port, '/nowhere')).resolves.toMatchObject({ status: 404 });
  });

  it.each([
    ['without a key', { 'Sec-WebSocket-Key': undefined }, 400],
    ['with a key that is too short', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 400],
    [
      'with two keys',
      { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' },
      400,
    ],
    ['without a version', { 'Sec-WebSocket-Version': undefined }, 400],
    ['with a list of protocols that is none', { 'Sec-WebSocket-Protocol': 'a b' }, 400],
    ['with an Accept of its own', { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }, 400],
    ['of version 8', { 'Sec-WebSocket-Version': '8' }, 426],
    ['of two versions', { 'Sec-WebSocket-Version': '13\r\nSec-WebSocket-Version: 8' }, 426],
  ])('refuses a handshake %s', async (_, fields, status) => {
    const client = new ByteClient(running.port).send(handshake('/chat/room', fields));

    const answer = await client.end();
    client.close();

    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer.split('\r\n\r\n')[0]).toMatch(/connection: .*close/i);
    if (status === 426) {
      expect(answer).toContain('Sec-WebSocket-Version: 13\r\n');
      expect(answer).toContain('Upgrade: websocket\r\n');
    }
    expect(upstream.requests).toHaveLength(0);
  });

  it('serves a handshake as an ordinary request where WebSockets are not declared', async () => {
    const client = new ByteClient(running.port).send(handshake('/plain/room'));

    const answer = await client.end();
    client.close();

    expect(answer).toContain('HTTP/1.1 200 OK');
    expect(answer).toContain('"url":"/plain/room"');
    expect(upstream.requests[0]?.headers).not.toHaveProperty('upgrade');
    expect(upstream.requests[0]?.headers['connection'] ?? '').not.toMatch(/upgrade/i);
  });

  it.each([
    ['another protocol', handshake('/chat/room', { Upgrade: 'h2c' })],
    ['another method', handshake('/chat/room').replace('GET', 'DELETE')],
    ['HTTP/1.0', handshake('/chat/room').replace('HTTP/1.1', 'HTTP/1.0')],
    ['no Connection', handshake('/chat/room', { Connection: 'close' })],
  ])('serves what asks for no WebSocket as an ordinary request: %s', async (_, bytes) => {
    const client = new ByteClient(running.port).send(bytes);

    const answer = await client.end();
    client.close();

    expect(answer).toContain('HTTP/1.1 200 OK');
    expect(upstream.requests[0]?.headers).not.toHaveProperty('upgrade');
  });

  it('serves ordinary requests on a route that takes WebSockets, and 426 where it takes nothing else', async () => {
    const beside = await ask(`${running.url}/chat/room`);
    const only = await ask(`${running.url}/chat/few`);

    expect(beside.status).toBe(200);
    expect(only.status).toBe(426);
    expect(only.json()).toMatchObject({ code: 'upgrade-required', policy: 'websocket' });
    expect(only.headers['upgrade']).toBe('websocket');
  });

  it('leaves the 101 alone where answers are transformed, and shapes other answers', async () => {
    const { socket, response } = await openSocket(running.port, '/chat/shaped');
    const plain = await ask(`${running.url}/chat/shaped`);
    socket.terminate();

    expect(response.headers).not.toHaveProperty('x-shaped');
    expect(plain.headers['x-shaped']).toBe('yes');
  });

  it('is served on a kept connection too, and not behind an answer that is still to come', async () => {
    const kept = new ByteClient(running.port).send('GET /chat/a HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await kept.receives('"url":"/chat/a"');
    kept.send(handshake('/chat/room'));
    await kept.receives('HTTP/1.1 101 Switching Protocols');
    kept.close();

    const pipelined = new ByteClient(running.port).send(
      `GET /chat/a HTTP/1.1\r\nHost: gateway\r\n\r\n${handshake('/chat/b')}`,
    );
    const both = await pipelined.end();
    pipelined.close();

    expect(both).not.toContain('101 Switching');
    expect(both).toContain('"url":"/chat/b"');
  });

  it('carries large messages whole, and closes with the code the other side gives', async () => {
    const { socket } = await openSocket(running.port, '/chat/room', { perMessageDeflate: false });
    const large = 'x'.repeat(3_000_000);
    socket.send(large);
    const answer = await nextMessage(socket);
    for (const peer of upstream.sockets) peer.close(4001, 'enough');
    const code = await closeCode(socket);

    expect(answer.length).toBe(large.length);
    expect(code).toBe(4001);
  });

  it('ends upstream when the client is cut, and at the client when the upstream is', async () => {
    const gone = await openSocket(running.port, '/chat/room');
    const [peer] = upstream.sockets;
    const peerClosed = once(peer as WebSocket, 'close');
    gone.socket.terminate();
    await peerClosed;

    const left = await openSocket(running.port, '/chat/room');
    const leftClosed = closeCode(left.socket);
    for (const socket of upstream.sockets) socket.terminate();
    const code = await leftClosed;

    // 1006: without a Close frame.
    expect(code).toBe(1006);
  });

  it('tells its number in the metrics', async () => {
    const { socket } = await openSocket(running.port, '/chat/metered');

    const open = await ask(`${running.adminUrl}/metrics`);
    socket.terminate();

    expect(open.text).toMatch(/portcullis_websockets_open\{[^}]*\/chat[^}]*\} [1-9]/);
    expect(open.text).toMatch(/portcullis_websockets_opened_total\{[^}]*\/chat[^}]*\} [1-9]/);
  });
});
