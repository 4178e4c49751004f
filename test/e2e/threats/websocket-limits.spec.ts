import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { MAX_FRAGMENTS } from '../../../src/edge/upgrade/frame.reader.js';
import { ByteClient } from '../../support/byte.client.js';
import { EchoUpstream } from '../../support/echo.upstream.js';
import { type RunningGateway, startGateway } from '../../support/gateway.harness.js';
import { WEBSOCKET_WAYS, webSocketApp } from '../../support/websocket.app.js';
import { closeCode, handshake, nextMessage, openSocket, refusal } from '../../support/websocket.client.js';

describe.each(WEBSOCKET_WAYS)('limits of WebSockets, %s, through %s', (way, carrier) => {
  let upstream: EchoUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await EchoUpstream.start();
    running = await startGateway(webSocketApp(carrier), { way, environment: { UPSTREAM_URL: upstream.url } });
  });

  beforeEach(() => {
    upstream.closes.length = 0;
    upstream.onSocket = undefined;
  });

  afterEach(() => {
    for (const socket of upstream.sockets) socket.terminate();
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  const plain = { perMessageDeflate: false };

  it('takes no more connections than a route may have, and takes them again when some have ended', async () => {
    const first = await openSocket(running.port, '/chat/few');
    const second = await openSocket(running.port, '/chat/few');

    const third = await refusal(running.port, '/chat/few');
    first.socket.close();
    await closeCode(first.socket);
    await expect
      .poll(() =>
        openSocket(running.port, '/chat/few').then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('open');
    second.socket.terminate();

    expect(third).toMatchObject({ status: 503, problem: { code: 'overloaded', policy: 'websocket' } });
  });

  it('takes no more connections than a caller may have', async () => {
    const { socket } = await openSocket(running.port, '/chat/each');

    const second = await refusal(running.port, '/chat/each');
    socket.terminate();

    expect(second).toMatchObject({ status: 429, problem: { code: 'rate-limited', policy: 'websocket' } });
    await expect
      .poll(() =>
        openSocket(running.port, '/chat/each').then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('open');
  });

  it('gives a place back when a handshake comes to nothing', async () => {
    for (let i = 0; i < 4; i++) {
      const client = new ByteClient(running.port).send(
        handshake('/chat/few', { 'Sec-WebSocket-Version': '9' }),
      );
      await client.end();
      client.close();
    }

    await expect
      .poll(() =>
        openSocket(running.port, '/chat/few').then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('open');
  });

  it('[99] closes what is silent for too long with 1001, on both sides, and keeps what is not', async () => {
    const silent = await openSocket(running.port, '/chat/brief');
    const talking = await openSocket(running.port, '/chat/brief');
    const talk = setInterval(() => talking.socket.ping(), 50);

    const code = await closeCode(silent.socket);
    talking.socket.send('still here');
    const answer = await nextMessage(talking.socket);
    clearInterval(talk);
    talking.socket.terminate();

    expect(code).toBe(1001);
    expect(upstream.closes).toContain(1001);
    expect(answer).toBe('still here');
  });

  it('lets a message pass that is as long as it may be', async () => {
    const { socket } = await openSocket(running.port, '/chat/small', plain);
    socket.send('x'.repeat(100));

    const answer = await nextMessage(socket);
    socket.terminate();

    expect(answer).toHaveLength(100);
  });

  it.each([
    ['a message', (socket: WebSocket) => socket.send('x'.repeat(101))],
    [
      'a message in fragments',
      (socket: WebSocket) => {
        socket.send('x'.repeat(60), { fin: false });
        socket.send('x'.repeat(60), { fin: true });
      },
    ],
  ])('[99] closes both sides with 1009 over %s of the client that is too long', async (_, send) => {
    const received: number[] = [];
    upstream.onSocket = (socket) => socket.on('message', (data: Buffer) => received.push(data.length));
    const { socket } = await openSocket(running.port, '/chat/small', plain);
    send(socket);

    const code = await closeCode(socket);

    expect(code).toBe(1009);
    await expect.poll(() => upstream.closes).toContain(1009);
    expect(received).toEqual([]);
  });

  it('[99] closes both sides with 1009 over a message of the upstream that is too long', async () => {
    upstream.onSocket = (socket) => socket.send('x'.repeat(100_000));
    const { socket } = await openSocket(running.port, '/chat/small', plain);

    const code = await closeCode(socket);

    expect(code).toBe(1009);
    await expect.poll(() => upstream.closes).toContain(1009);
  });

  it('[99] closes a message of more fragments than anybody sends', async () => {
    const { socket } = await openSocket(running.port, '/chat/small', plain);
    const fragment = Buffer.from([0x00, 0x80, 0, 0, 0, 0]);
    const raw = (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    raw.write(Buffer.from([0x01, 0x80, 0, 0, 0, 0]));
    raw.write(Buffer.concat(new Array<Buffer>(MAX_FRAGMENTS + 10).fill(fragment)));

    const code = await closeCode(socket);

    expect(code).toBe(1009);
  });

  it('[93] refuses a handshake with 2,000 headers and serves on', async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => `X-${i}: x`).join('\r\n');
    const client = new ByteClient(running.port).send(handshake(`/chat/room`, { 'X-Y': `y\r\n${many}` }));

    const answer = await client.end();
    client.close();
    const { socket } = await openSocket(running.port, '/chat/room');
    socket.terminate();

    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('keeps bytes in order that come together with the handshake and the 101', async () => {
    upstream.onSocket = (socket) => {
      socket.send('glued');
      socket.on('message', (data) => socket.send(data, { binary: false }));
    };
    const early = Buffer.concat([
      Buffer.from(handshake('/chat/room')),
      Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61, 0x81, 0x81, 0, 0, 0, 0, 0x62]),
    ]);
    const client = new ByteClient(running.port).send(early);

    const text = await client.receives('\x81\x01b');
    client.close();

    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe('\x81\x05glued\x81\x01a\x81\x01b');
  });

  it('passes the end of one half on, and what is still said behind it', async () => {
    const client = new ByteClient(running.port).send(handshake('/chat/room'));
    await client.receives('\r\n\r\n');
    client.send(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]));
    client.socket.end();

    const text = await client.end();

    expect(text).toContain('\x81\x01a');
    expect(client.ended).toBe('cleanly');
  });

  it('cuts the upstream off when the client leaves before the answer', async () => {
    const held = once(running.gateway.getHttpServer(), 'connection');
    const client = new ByteClient(running.port).send(handshake('/chat/room'));
    await held;
    client.close();

    await expect.poll(() => upstream.sockets.size).toBe(0);
  });
});
