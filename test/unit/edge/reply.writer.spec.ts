import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/contracts/exchange.js';
import { GatewayError } from '../../../src/contracts/gateway-error.js';
import type { RouteFacts } from '../../../src/contracts/route-facts.js';
import {
  type BodySink,
  type BodyTrailers,
  EMPTY_BODY,
  type ResponseBody,
  UpstreamResponse,
  WholeBody,
} from '../../../src/contracts/upstream-response.js';
import { asResponse } from '../../../src/edge/handler-result.js';
import { writeReply } from '../../../src/edge/reply.writer.js';
import { exchangeFor, readAll, TestServer } from './exchange.fixture.js';

let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** What a client reads of an answer, and how the reply ended. */
async function written(
  answer: (exchange: Exchange) => UpstreamResponse,
  { method = 'GET', closing = false }: { method?: string; closing?: boolean } = {},
): Promise<{ text: string; ended: GatewayError | undefined; exchange: Exchange }> {
  let ended: GatewayError | undefined;
  let exchange: Exchange | undefined;
  server = await TestServer.start((req, res) => {
    exchange = exchangeFor(req, res);
    writeReply(exchange, answer(exchange), closing, (_exchange, error) => {
      ended = error;
    });
  });
  const text = await server.ask(method);
  return { text, ended, exchange: exchange as Exchange };
}

const whole = (text: string, status = 200, headers: readonly string[] = []): UpstreamResponse =>
  new UpstreamResponse(status, headers, new WholeBody(Buffer.from(text, 'latin1')));

describe('writeReply', () => {
  it('keeps spelling, order and repetition of the fields and every byte of the body', async () => {
    const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));

    const { text } = await written(() =>
      whole(bytes, 200, ['Set-Cookie', 'a=1', 'X-aBc', 'x', 'Set-Cookie', 'b=2']),
    );

    expect(text).toMatch(
      /^HTTP\/1\.1 200 OK\r\nSet-Cookie: a=1\r\nX-aBc: x\r\nSet-Cookie: b=2\r\nContent-Length: 256\r\n/,
    );
    expect(text.endsWith(`\r\n\r\n${bytes}`)).toBe(true);
  });

  it('writes the correlation id once, its own and last of what it was given', async () => {
    const { text } = await written((exchange) => {
      exchange.replyHeaders.push('X-Own', 'yes');
      return whole('x', 200, ['x-correlation-id', 'of the upstream']);
    });

    expect(text.match(/x-correlation-id: [^\r]*/gi)).toEqual(['X-Correlation-ID: corr-1']);
    expect(text).toContain('X-Own: yes\r\nX-Correlation-ID: corr-1\r\n');
  });

  it('answers HEAD with the length and no body', async () => {
    const { text } = await written(() => whole('twelve bytes'), { method: 'HEAD' });

    expect(text).toContain('Content-Length: 12\r\n');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it.each([204, 304])('writes no length and no body with %i', async (status) => {
    const { text } = await written(() => whole('ignored', status));

    expect(text.toLowerCase()).not.toContain('content-length');
    expect(text.toLowerCase()).not.toContain('transfer-encoding');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it('frames an empty body with a length of 0', async () => {
    const { text } = await written(() => new UpstreamResponse(200, [], EMPTY_BODY));

    expect(text).toContain('Content-Length: 0\r\n');
  });

  it('writes a body that is too long for one string in full', async () => {
    const long = 'x'.repeat(70_000);

    const { text, exchange } = await written(() => whole(long));

    expect(text.endsWith(`\r\n\r\n${long}`)).toBe(true);
    expect(exchange.bytesOut).toBe(70_000);
  });

  it('says Connection: close while it drains', async () => {
    const { text } = await written(() => whole('x'), { closing: true });

    expect(text.match(/^connection: .*$/gim)).toEqual(['Connection: close']);
  });

  it('cuts the connection when a body breaks off, so that no client takes it for the whole', async () => {
    const source = new PassThrough();

    const { text, ended } = await written(() => {
      source.write('half');
      setImmediate(() => source.destroy(new Error('disk')));
      return asResponse(source, 200);
    });

    expect(text).not.toContain('\r\n0\r\n\r\n');
    expect(ended?.code).toBe('internal');
  });

  it('waits for a slow client before it asks the source for more', async () => {
    let resumed = 0;
    let sink: BodySink | undefined;
    const flowing: ResponseBody = {
      length: undefined,
      whole: undefined,
      discard() {},
      pipe(taker) {
        sink = taker;
        return { resume: () => ++resumed, cancel() {} };
      },
    };
    const stopped: boolean[] = [];
    server = await TestServer.start((req, res) => {
      writeReply(exchangeFor(req, res), new UpstreamResponse(200, [], flowing), false, () => {});
      for (let i = 0; i < 200; i++) stopped.push(!(sink as BodySink).write(Buffer.alloc(64 * 1024)));
      res.once('drain', () => setImmediate(() => sink?.end()));
    });

    const text = await server.ask();

    expect(stopped.at(-1)).toBe(true);
    expect(resumed).toBe(1);
    expect(text.length).toBeGreaterThan(200 * 64 * 1024);
  });

  it("closes a handler's own stream when the client leaves", async () => {
    const source = new PassThrough();
    const closed = new Promise<void>((resolve) => source.once('close', () => resolve()));
    let exchange: Exchange | undefined;
    server = await TestServer.start((req, res) => {
      exchange = exchangeFor(req, res);
      writeReply(exchange, asResponse(source, 200), false, () => {});
      source.write('first');
    });
    const socket = await server.send('GET / HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));

    exchange?.cancellation.cancel(new GatewayError('client-closed'));
    await closed;

    expect(source.destroyed).toBe(true);
    socket.destroy();
  });

  it('gives the body up when the answer is too late', async () => {
    let discarded = 0;
    const body: ResponseBody = {
      length: undefined,
      whole: undefined,
      discard: () => void discarded++,
      pipe: () => {
        throw new Error('nobody reads it');
      },
    };
    let done = 0;
    server = await TestServer.start((req, res) => {
      res.end('already');
      writeReply(exchangeFor(req, res), new UpstreamResponse(200, [], body), false, () => done++);
    });

    const socket = await server.send('GET / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n');
    await readAll(socket);

    expect([discarded, done]).toEqual([1, 1]);
  });

  describe('with trailers', () => {
    const streaming = (trailers: BodyTrailers): ResponseBody => ({
      length: undefined,
      whole: undefined,
      trailers,
      discard() {},
      pipe(sink) {
        sink.write(Buffer.from('hello'));
        sink.end();
        return { resume() {}, cancel() {} };
      },
    });
    const trailers = { announced: 'X-Sum', fields: ['X-Sum', '1', 'X-Sum', '\u00e9'] };

    it('announces them and writes them behind the last chunk', async () => {
      const { text } = await written(() => new UpstreamResponse(200, [], streaming(trailers)));

      expect(text).toContain('\r\nTrailer: X-Sum\r\n');
      expect(text.endsWith('5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Sum: \u00e9\r\n\r\n')).toBe(true);
    });

    it.each([
      ['HEAD', 200],
      ['GET', 304],
    ])('says nothing of them where no body goes: %s %i', async (method, status) => {
      const answer = () => new UpstreamResponse(status, [], streaming(trailers));

      const { text } = await written(answer, { method });

      expect(text).not.toMatch(/x-sum/i);
    });

    it('drops them where a policy changes the answer', async () => {
      const { text } = await written((exchange) => {
        exchange.route = { shapesAnswers: true } as RouteFacts;
        return new UpstreamResponse(200, [], streaming(trailers));
      });

      expect(text).not.toMatch(/x-sum/i);
      expect(text).toContain('hello');
    });
  });

  it('resets the connection when a body breaks off that an HTTP/1.0 client would take for whole', async () => {
    const source = new PassThrough();
    server = await TestServer.start((req, res) => {
      source.write('half');
      writeReply(exchangeFor(req, res), asResponse(source, 200), false, () => {});
    });
    const socket = await server.send('GET / HTTP/1.0\r\n\r\n');
    const ended = new Promise((resolve) =>
      socket.once('error', resolve).once('end', () => resolve('cleanly')),
    );
    await new Promise((resolve) => socket.once('data', resolve));

    source.destroy(new Error('disk'));

    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each([
    ['long', 65_537, true],
    ['of unknown length', undefined, true],
    ['short', 65_536, false],
  ])('closes behind an answer to an upload that is %s and still comes', async (_what, length, closes) => {
    server = await TestServer.start((req, res) => {
      const exchange = exchangeFor(req, res);
      exchange.body = { stream: req, length };
      writeReply(exchange, whole('x'), false, () => {});
    });
    const framing = length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
    const socket = await server.send(`POST / HTTP/1.1\r\nHost: g\r\n${framing}\r\n\r\n`);

    const [head] = await new Promise<unknown[]>((resolve) => socket.once('data', (...all) => resolve(all)));
    socket.destroy();

    expect(String(head).includes('\r\nConnection: close\r\n')).toBe(closes);
  });
});
