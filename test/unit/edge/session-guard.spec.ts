import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HTTP2_LIMITS } from '../../../src/edge/http2/http2-limits.js';
import { http2ServerOptions } from '../../../src/edge/http2/http2-server.options.js';
import { guardSession, type Http2Abuse } from '../../../src/edge/http2/session-guard.js';
import { Http2Client } from '../../support/http2.client.js';
import { CODE, data, FLAG, ping, reset, settings, window } from '../../support/http2.frames.js';
import { get, getPath, postHead } from '../../support/http2.requests.js';

const LIMITS = {
  ...HTTP2_LIMITS,
  pings: { burst: 3, perSecond: 1 },
  settings: { burst: 3, perSecond: 1 },
  wastedStreams: { burst: 3, perSecond: 1 },
};
const LONG_ANSWER = 'x'.repeat(10_000);

describe('the guard of an HTTP/2 connection', () => {
  let server: Http2Server;
  let client: Http2Client;
  let abuses: Http2Abuse[];
  let nowMs: number;
  let waiting: ServerHttp2Stream[];

  beforeEach(async () => {
    abuses = [];
    waiting = [];
    nowMs = 0;
    server = createServer(http2ServerOptions({ ...LIMITS, maxHeaderCount: 50, maxHeaderBytes: 8_192 }));
    server.on('session', (session) => {
      const closed = guardSession(
        session,
        LIMITS,
        (abuse) => abuses.push(abuse),
        () => nowMs,
      );
      session.on('stream', (stream) => stream.on('close', () => closed(stream)));
    });
    server.on('stream', (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => {
      stream.on('error', () => {});
      if (fields[':path'] === '/waits') waiting.push(stream);
      else {
        stream.respond();
        stream.end(fields[':path'] === '/long' ? LONG_ANSWER : 'ok');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new Http2Client((server.address() as AddressInfo).port);
  });

  afterEach(async () => {
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const pong = (count: number): Promise<void> =>
    client.until(
      () => client.frames.filter(({ type, flags }) => type === 6 && flags === FLAG.ack).length === count,
    );

  it.each<[Http2Abuse, Buffer]>([
    ['pings', ping()],
    ['settings', settings()],
  ])('closes at once with ENHANCE_YOUR_CALM after too many %s', async (abuse, frame) => {
    client.send(...Array<Buffer>(50).fill(frame));

    await client.closed();

    expect(abuses).toEqual([abuse]);
    expect(client.goaway).toBe(CODE.calm);
  });

  it('lets as many pings pass as time allows', async () => {
    for (let sent = 1; sent <= 10; sent++) {
      client.send(ping());
      await pong(sent);
      nowMs += 1_000;
    }

    expect(abuses).toEqual([]);
    expect(client.ended).toBe(false);
  });

  it('lets who is sent much ping more, as gRPC clients measure their link', async () => {
    for (let sent = 1; sent <= 20; sent++) {
      const stream = sent * 2 - 1;
      client.send(getPath(stream, '/long'));
      await client.answer(stream);
      client.send(ping());
      await pong(sent);
    }

    expect(abuses).toEqual([]);
  });

  it('closes after too many streams that their client cancels before the answer', async () => {
    for (let i = 0; i < 4; i++) {
      client.send(getPath(i * 2 + 1, '/waits'));
      await expect.poll(() => waiting).toHaveLength(i + 1);
      client.send(reset(i * 2 + 1, CODE.cancel), ping());
      if (i < 3) await pong(i + 1);
    }

    await client.closed();

    expect(abuses).toEqual(['wasted-streams']);
    expect(client.goaway).toBe(CODE.calm);
  });

  it('counts a cancelled stream whatever the code of its reset is', async () => {
    for (let i = 0; i < 4; i++) client.send(getPath(i * 2 + 1, '/waits'), reset(i * 2 + 1, CODE.none));

    await client.closed();

    expect(abuses).toEqual(['wasted-streams']);
  });

  it('closes after too many streams that the gateway was made to reset', async () => {
    for (let i = 0; i < 4; i++) {
      client.send(getPath(i * 2 + 1, '/waits'));
      await expect.poll(() => waiting).toHaveLength(i + 1);
      waiting[i]?.close(CODE.protocol);
    }

    await client.closed();

    expect(abuses).toEqual(['wasted-streams']);
  });

  it('counts no stream whose answer came whole, with or without the rest of its body', async () => {
    for (let i = 0; i < 20; i++) {
      const stream = i * 2 + 1;
      client.send(i % 2 === 0 ? get(stream) : postHead(stream));
      await client.answer(stream);
      if (i % 2 === 1) client.send(data(stream, 'x'));
    }

    expect(abuses).toEqual([]);
    expect(client.ended).toBe(false);
  });

  it('tells of what node:http2 closes a connection for by itself', async () => {
    client.send(getPath(1, '/waits'), window(1, 0));

    await client.closed();

    expect(abuses).toEqual(['protocol']);
  });

  it('tells nothing of a client that leaves', async () => {
    client.send(getPath(1, '/waits'));
    await client.until(() => client.frames.length > 0);

    const closed = new Promise((resolve) => server.once('session', resolve));
    client.socket.resetAndDestroy();
    client = new Http2Client((server.address() as AddressInfo).port).send(get(1));
    await closed;
    await client.answer(1);

    expect(abuses).toEqual([]);
  });
});
