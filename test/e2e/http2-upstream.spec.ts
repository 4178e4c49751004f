import { request as httpRequest } from 'node:http';
import { constants } from 'node:http2';
import { All, Module } from '@nestjs/common';
import {
  type UpstreamClient as Client,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  UpstreamModule,
} from 'portcullis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import {
  answer as answerFrames,
  DATA,
  FrameUpstream,
  frame,
  head,
  RST_STREAM,
  uint32,
} from '../support/http2-frame.upstream.js';
import { type RawAnswer, sendRaw } from '../support/raw.client.js';
import { type TwoProtocolRespond, TwoProtocolUpstream } from '../support/two-protocol.upstream.js';

const HTTP1 = defineUpstream('http1-service', { targets: env('HTTP1_URL'), breaker: false });
const HTTP2 = defineUpstream('http2-service', {
  targets: env('HTTP2_URL'),
  breaker: false,
  protocol: 'http2',
});
const FRAMES = defineUpstream('frame-service', {
  targets: env('FRAME_URL'),
  breaker: false,
  protocol: 'http2',
  timeout: { headersMs: 500 },
});

@ProxyController(HTTP1, 'http1')
@Public()
class Http1Controller {
  constructor(@InjectUpstream(HTTP1) private readonly upstream: Client) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@ProxyController(HTTP2, 'http2')
@Public()
class Http2Controller {
  constructor(@InjectUpstream(HTTP2) private readonly upstream: Client) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@ProxyController(FRAMES, 'frames')
@Public()
class FrameController {
  constructor(@InjectUpstream(FRAMES) private readonly upstream: Client) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(HTTP1, HTTP2, FRAMES)],
  controllers: [Http1Controller, Http2Controller, FrameController],
})
class AppModule {}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g;
const TRACE = /[0-9a-f]{32}-[0-9a-f]{16}/g;

/** What a client sees, without what differs from request to request, and with names in lower case. */
function seenByClient({ status, fields, body, complete }: RawAnswer): unknown {
  const shown = fields
    .map(([name, value]) => `${name.toLowerCase()}: ${value.replaceAll(UUID, 'uuid')}`)
    // Where the upstream announced no length, a body of HTTP/2 comes in frames, and one of Node's HTTP/1.1 with a length.
    .filter((line) => !/^(date|content-length|transfer-encoding): /.test(line))
    .sort();
  const text = body
    .toString('latin1')
    .replaceAll(UUID, 'uuid')
    .replaceAll(/http[12]/g, 'http');
  return { status, shown, text, complete };
}

describe.each(WAYS)('an upstream over HTTP/2, %s', (way) => {
  let upstream: TwoProtocolUpstream;
  let frames: FrameUpstream;
  let gateway: RunningGateway;

  beforeAll(async () => {
    upstream = await TwoProtocolUpstream.start();
    frames = await FrameUpstream.start();
    const environment = {
      HTTP1_URL: upstream.http1Url,
      HTTP2_URL: upstream.http2Url,
      FRAME_URL: frames.url,
    };
    gateway = await startGateway(AppModule, { way, environment });
  });

  afterEach(() => {
    frames.script = (connection, stream) => connection.send(answerFrames(stream));
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
    await frames.close();
  });

  /** Sends one request to both and fails where the client or the upstream could tell them apart. */
  async function compare(
    lines: readonly string[],
    body = '',
    respond?: TwoProtocolRespond,
  ): Promise<RawAnswer> {
    if (respond !== undefined) upstream.respond = respond;
    upstream.seen.length = 0;
    const answers: RawAnswer[] = [];
    for (const name of ['http1', 'http2']) {
      const [method = '', path = '', ...headers] = lines;
      const text = [`${method} /${name}${path} HTTP/1.1`, 'Host: gateway.test', ...headers].join('\r\n');
      answers.push(await sendRaw(gateway.port, `${text}\r\n\r\n${body}`, method));
    }
    const [one, two] = upstream.seen.map((seen) =>
      JSON.stringify([{ ...seen, protocol: '' }])
        .replaceAll(UUID, 'uuid')
        .replaceAll(TRACE, 'trace')
        .replaceAll(/http[12]/g, 'http'),
    );
    expect(upstream.seen.map(({ protocol }) => protocol)).toEqual(['1.1', '2.0']);
    expect(two).toBe(one);
    expect(seenByClient(answers[1] as RawAnswer)).toEqual(seenByClient(answers[0] as RawAnswer));
    return answers[1] as RawAnswer;
  }

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'is asked by %s alike',
    async (method) => {
      const answer = await compare([method, '/a/b?c=d&e'], '', (_req, res) => {
        res.setHeader('X-Answer', 'yes');
        res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2']);
        res.end('body');
      });

      expect(answer.status).toBe(200);
    },
  );

  it('gets fields, cookies and a body alike', async () => {
    const fields = [
      'Cookie: a=1; b=2; c="x y"',
      'X-Twice: 1',
      'X-Twice: 2',
      'Connection: x-hop',
      'X-Hop: gone',
      'TE: trailers',
    ];

    await compare(['POST', '/body', ...fields, 'Content-Length: 11'], 'hello world', (_req, res) =>
      res.end('thanks'),
    );
    await compare(
      ['POST', '/body', ...fields, 'Transfer-Encoding: chunked'],
      '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
      (_req, res) => res.end('thanks'),
    );

    expect(upstream.seen[1]?.body).toBe('hello world');
    expect(upstream.seen[1]?.fields).toContain('cookie: a=1; b=2; c="x y"');
  });

  it('gets a body that waited for 100 Continue alike', async () => {
    const lines = ['PUT', '/body', 'Expect: 100-continue', 'Content-Length: 11'];

    await compare(lines, 'hello world', (_req, res) => res.end('thanks'));

    expect(upstream.seen[1]?.body).toBe('hello world');
  });

  it.each([200, 201, 204, 206, 301, 304, 400, 404, 418, 500, 503])('answers %i alike', async (status) => {
    const answer = await compare(['GET', '/status'], '', (_req, res) => {
      res.writeHead(status, status === 304 ? { etag: '"1"' } : { 'x-status': String(status) });
      res.end(status === 204 || status === 304 ? undefined : `status ${status}`);
    });

    expect(answer.status).toBe(status);
  });

  it('answers with large bodies alike, announced and not', async () => {
    const large = 'portcullis '.repeat(50_000);
    await compare(['GET', '/large'], '', (_req, res) => {
      res.setHeader('Content-Length', large.length);
      res.end(large);
    });
    const answer = await compare(['GET', '/large'], '', (_req, res) => {
      res.write(large.slice(0, 100_000));
      res.end(large.slice(100_000));
    });

    expect(answer.body).toHaveLength(large.length);
  });

  it('passes informational responses and trailers on alike', async () => {
    upstream.respond = (_req, res) => {
      res.writeEarlyHints({ link: '</style.css>; rel=preload' });
      res.setHeader('Trailer', 'X-Sum');
      res.write('body');
      res.addTrailers({ 'X-Sum': '7' });
      res.end();
    };

    const seen = await Promise.all(
      ['http1', 'http2'].map((name) => withTrailers(`${gateway.url}/${name}/t`)),
    );

    expect(seen[1]).toEqual(seen[0]);
    expect(seen[1]).toEqual({
      hints: ['</style.css>; rel=preload'],
      body: 'body',
      trailers: { 'x-sum': '7' },
    });
  });

  it('is asked once more, a POST too, for what it left alone', async () => {
    const requests = frames.requests;
    frames.script = (connection, stream) => {
      connection.send(frame(RST_STREAM, 0, stream, uint32(constants.NGHTTP2_REFUSED_STREAM)));
      frames.script = (other, next) => other.send(answerFrames(next, 'second'));
    };

    const text = 'POST /frames/x HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 4\r\n\r\nonce';
    const answer = await sendRaw(gateway.port, text, 'POST');

    expect([answer.status, answer.body.toString()]).toEqual([200, 'second']);
    expect(frames.requests - requests).toBe(2);
  });

  it('[125] cuts the client off where the upstream cut its body', async () => {
    frames.script = (connection, stream) => {
      connection.send(head(stream, 0, [':status', '200']), frame(DATA, 0, stream, Buffer.alloc(10_000)));
      connection.send(frame(DATA, 0, stream, Buffer.alloc(10_000)));
      setImmediate(() => connection.socket.destroy());
    };

    const answer = await sendRaw(
      gateway.port,
      'GET /frames/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n',
      'GET',
    ).catch(() => undefined);

    // Either a 502, or a body that never ends.
    if (answer?.status === 200) expect(answer.complete).toBe(false);
    else expect(answer?.status).toBe(502);
  });

  it('is answered 502 where the target does not speak HTTP/2', async () => {
    frames.onConnection = (connection) => {
      connection.socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    };
    for (const { socket } of frames.connections) socket.destroy();

    const answer = await sendRaw(gateway.port, 'GET /frames/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n', 'GET');

    expect([answer.status, (answer.json() as { code: string }).code]).toEqual([502, 'upstream-protocol']);
  });
});

/** What a client that takes trailers sees of an answer. */
function withTrailers(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const hints: unknown[] = [];
    const request = httpRequest(url, { headers: { TE: 'trailers', Connection: 'TE' }, agent: false });
    request.on('information', ({ headers }) => hints.push(headers['link']));
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve({ hints, body, trailers: response.trailers }));
    });
    request.end();
  });
}
