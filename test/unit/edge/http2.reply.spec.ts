import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Http2Line } from '../../../src/edge/http2/http2.line.js';
import { Http2Reply } from '../../../src/edge/http2/http2.reply.js';
import type { Http2Request } from '../../../src/edge/http2/http2.request.js';
import { Http2Client } from '../../support/http2.client.js';
import { get } from '../../support/http2.requests.js';

const DATA = 0;
const END_STREAM = 0x1;
const READ_WHOLE = { complete: true } as Http2Request;

describe('an answer over HTTP/2', () => {
  let server: Http2Server;
  let client: Http2Client;
  let answer: (reply: Http2Reply) => void;

  beforeEach(async () => {
    server = createServer();
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {});
      answer(new Http2Reply(new Http2Line(stream, {} as Socket), READ_WHOLE));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new Http2Client((server.address() as AddressInfo).port);
  });

  afterEach(async () => {
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const body = () =>
    client.frames
      .filter(({ type }) => type === DATA)
      .map(({ payload, flags }) => ({ text: payload.toString(), ends: (flags & END_STREAM) !== 0 }));

  it('ends in the frame of its body when that came in one piece', async () => {
    const passedOn: unknown[] = [];
    answer = (reply) => {
      reply.writeHead(200, ['Content-Length', '5']);
      reply.write(Buffer.from('hello'), (error) => passedOn.push(error ?? 'passed on'));
      setImmediate(() => reply.end());
    };
    client.send(get(1));

    await client.answer(1);

    expect(body()).toEqual([{ text: 'hello', ends: true }]);
    await expect.poll(() => passedOn).toEqual(['passed on']);
  });

  it('asks nobody to wait for room behind its last byte', async () => {
    const taken: boolean[] = [];
    answer = (reply) => {
      reply.writeHead(200, ['Content-Length', '60000']);
      taken.push(reply.write(Buffer.alloc(60_000)));
      reply.end();
    };
    client.send(get(1));

    await client.answer(1);

    expect(taken).toEqual([true]);
  });

  it('ends only behind the last piece when it comes in several', async () => {
    answer = (reply) => {
      reply.writeHead(200, ['Content-Length', '10']);
      reply.write(Buffer.from('hello'));
      setImmediate(() => {
        reply.write(Buffer.from('world'));
        reply.end();
      });
    };
    client.send(get(1));

    await client.answer(1);

    expect(client.streams.get(1)?.body).toBe('helloworld');
    expect(body().findIndex(({ ends }) => ends)).toBe(body().length - 1);
  });

  it('is reset, not ended, when it breaks off before its declared length', async () => {
    answer = (reply) => {
      reply.writeHead(200, ['Content-Length', '10']);
      reply.write(Buffer.from('hello'));
      setImmediate(() => reply.destroy());
    };
    client.send(get(1));

    await client.until(() => client.streams.get(1)?.reset !== undefined);

    expect(body().some(({ ends }) => ends)).toBe(false);
  });
});
