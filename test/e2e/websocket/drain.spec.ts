import { describe, expect, it } from 'vitest';
import { ByteClient } from '../../support/byte.client.js';
import { EchoUpstream } from '../../support/echo.upstream.js';
import { Gate } from '../../support/gate.js';
import { startGateway } from '../../support/gateway.harness.js';
import { ScriptedUpstream } from '../../support/scripted.upstream.js';
import { WEBSOCKET_WAYS, webSocketApp } from '../../support/websocket.app.js';
import { closeCode, handshake, openSocket, switching } from '../../support/websocket.client.js';

const GOING_AWAY = '\x88\x02\x03\xe9';

describe.each(WEBSOCKET_WAYS)('WebSockets of a gateway that drains, %s, through %s', (way, carrier) => {
  const start = (url: string, drainMs: number) =>
    startGateway(webSocketApp(carrier), {
      way,
      environment: { UPSTREAM_URL: url, DRAIN_MS: String(drainMs) },
    });

  it('are closed with 1001 on both sides, one after the other', async () => {
    const upstream = await EchoUpstream.start();
    const running = await start(upstream.url, 3_400);
    const sockets = await Promise.all(
      Array.from({ length: 12 }, () => openSocket(running.port, '/chat/room')),
    );
    const closedAt: number[] = [];
    const codes = Promise.all(
      sockets.map(async ({ socket }) => {
        const code = await closeCode(socket);
        closedAt.push(performance.now());
        return code;
      }),
    );

    await running.gateway.drain();

    expect(new Set(await codes)).toEqual(new Set([1001]));
    expect((closedAt.at(-1) as number) - (closedAt[0] as number)).toBeGreaterThan(300);
    await expect.poll(() => upstream.closes).toEqual(new Array(12).fill(1001));
    expect(running.lines().filter(({ status }) => status === 101)).toHaveLength(12);
    await upstream.close();
  });

  it('get no Close frame inside a frame, and are cut when the time is over', async () => {
    const upstream = await ScriptedUpstream.start();
    upstream.script = ({ socket }) => socket.write(Buffer.from(switching({}, '\x82d\x01\x02\x03'), 'latin1'));
    const running = await start(upstream.url, 300);
    const client = new ByteClient(running.port).send(handshake('/chat/room'));
    await client.receives('\x82d\x01\x02\x03');

    await running.gateway.drain();
    const text = await client.end();

    expect(text.endsWith('\x82d\x01\x02\x03')).toBe(true);
    await upstream.close();
  });

  it('get it as soon as the frame under way has ended', async () => {
    const upstream = await ScriptedUpstream.start();
    const closing = new Gate<() => void>();
    upstream.script = ({ socket }) => {
      socket.write(Buffer.from(switching({}, '\x82\x04\x01\x02'), 'latin1'));
      // What the upstream hears first is its own Close frame, masked.
      socket.once('data', (chunk: Buffer) => {
        expect([...chunk.subarray(0, 2)]).toEqual([0x88, 0x82]);
        closing.open(() => socket.write(Buffer.from([3, 4])));
      });
    };
    const running = await start(upstream.url, 5_000);
    const client = new ByteClient(running.port).send(handshake('/chat/room'));
    await client.receives('\x82\x04\x01\x02');
    const drained = running.gateway.drain();
    const sendRest = await closing.opened;
    sendRest();

    const text = await client.receives(GOING_AWAY);
    client.close();
    await drained;

    expect(text.endsWith(`\x82\x04\x01\x02\x03\x04${GOING_AWAY}`)).toBe(true);
    await upstream.close();
  });
});
