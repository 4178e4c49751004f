import type { Socket } from 'node:net';
import { All, Body, Controller, Get, Module, Post } from '@nestjs/common';
import {
  BodyLimit,
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  Timeout,
  TransformRequest,
  TransformResponse,
  Unfiltered,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ByteClient } from '../support/byte.client.js';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { type WholeRequest, WholeRequestUpstream } from '../support/whole-request.upstream.js';

const PARTS = defineUpstream('parts-service', { targets: env('PARTS_URL'), breaker: false });

@ProxyController(PARTS, 'parts')
@Public()
class PartsController {
  constructor(@InjectUpstream(PARTS) private readonly parts: UpstreamClient) {}

  @Post('limited')
  @BodyLimit('4b')
  limited(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Post('unread')
  unread() {
    return { read: false };
  }

  @Post('impatient')
  @Timeout({ idleMs: 100 })
  impatient(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Get('joined')
  async joined() {
    return { parts: await this.parts.get('/parts') };
  }

  @Get('filtered')
  @FilterResponse({ omit: ['secret'] })
  filtered(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Get('transformed')
  @TransformResponse({ headers: { remove: ['x-secret'] } })
  transformed(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Post('edited')
  @TransformRequest({ headers: { remove: ['x-role'] } })
  edited(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }

  @Post('parsed')
  parsed(@Body() body: unknown, @Forward() call: ForwardCall) {
    return this.parts.forward(call.withHeader('X-Parsed', JSON.stringify(body)));
  }

  @All('*path')
  @Unfiltered('only one route filters')
  rest(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }
}

@ProxyController(PARTS, 'locked')
class LockedController {
  constructor(@InjectUpstream(PARTS) private readonly parts: UpstreamClient) {}

  @Post()
  post(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }
}

/** An ordinary controller beside the proxied ones. */
@Controller('notes')
class NotesController {
  @Post()
  note(@Body() body: { a: number }) {
    return { noted: body.a };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(PARTS)],
  controllers: [PartsController, LockedController, NotesController],
})
class AppModule {}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';
const EARLY = 'HTTP/1.1 103 Early Hints\r\n';
const request = (line: string, fields = '', body = ''): string =>
  `${line} HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n${body}`;
const EXPECTING = 'Expect: 100-continue\r\n';
const count = (text: string, part: string): number => text.split(part).length - 1;

describe.each(WAYS)('the features of messages, %s', (way) => {
  let upstream: WholeRequestUpstream;
  let running: RunningGateway;
  let clients: ByteClient[] = [];

  beforeAll(async () => {
    upstream = await WholeRequestUpstream.start();
    running = await startGateway(AppModule, { way, environment: { PARTS_URL: upstream.url } });
  });

  beforeEach(() => {
    upstream.forget();
    answers(({ socket }) => socket.write(OK));
  });

  afterEach(() => {
    for (const made of clients) made.close();
    clients = [];
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  function answers(answer: (request: WholeRequest) => void): void {
    upstream.answer = answer;
  }

  function client(): ByteClient {
    const made = new ByteClient(running.port);
    clients.push(made);
    return made;
  }

  const chunked = (fields: string, ...chunks: string[]): string =>
    `${CHUNKED}${fields}\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}`;

  describe('Expect: 100-continue', () => {
    it.each([
      ['a body of known length', 'Content-Length: 5\r\n', 'hello', 'hello'],
      ['a long body of known length', 'Content-Length: 20000\r\n', 'x'.repeat(20_000), 'x'.repeat(100)],
      ['a body in chunks', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ])('is answered before %s, which then passes, and is not sent on', async (_what, framing, body, seen) => {
      // The scripted upstream answers each head; the body may come with it or behind it.
      const asking = client().send(request('POST /parts/new', EXPECTING + framing));

      const first = await asking.receives(CONTINUE);
      asking.send(body);
      const text = await asking.receives('ok');

      expect(first).toBe(CONTINUE);
      expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
      expect(upstream.sent).toContain(seen);
      expect(upstream.sent.toLowerCase()).not.toContain('expect');
    });

    it.each([
      ['without a token', '/locked', 'Content-Length: 5\r\n', 401],
      ['over the limit by its Content-Length', '/parts/limited', 'Content-Length: 5\r\n', 413],
      ['to no route', '/nowhere', 'Content-Length: 5\r\n', 404],
    ])(
      'is never answered for a request %s: the refusal comes and the connection closes',
      async (_what, path, framing, status) => {
        const asking = client().send(request(`POST ${path}`, EXPECTING + framing));

        const text = await asking.end();

        expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
        expect(text).toMatch(/\r\nConnection: close\r\n/);
        expect(upstream.requests).toHaveLength(0);
      },
    );

    it('is never answered by a handler that reads no body: its answer closes the connection', async () => {
      const asking = client().send(request('POST /parts/unread', `${EXPECTING}Content-Length: 5\r\n`));

      // What follows is a request to the client and would be a body to whoever waits for one.
      await asking.receives('{"read":false}');
      asking.send(request('GET /parts/behind'));
      const text = await asking.end();

      expect(count(text, 'HTTP/1.1 ')).toBe(1);
      expect(text).toMatch(/^HTTP\/1\.1 201 /);
      expect(text).toMatch(/\r\nConnection: close\r\n/);
      expect(upstream.requests).toHaveLength(0);
    });

    it('is fine from a client that does not wait', async () => {
      const asking = client().send(request('POST /parts/new', `${EXPECTING}Content-Length: 5\r\n`, 'hello'));

      const text = await asking.receives('ok');

      expect(text.replace(CONTINUE, '')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(upstream.sent).toMatch(/\r\n\r\nhello$/);
    });

    it('is answered once, and the next request on the connection is served', async () => {
      const asking = client().send(request('POST /parts/new', `${EXPECTING}Content-Length: 5\r\n`));
      await asking.receives(CONTINUE);
      asking.send('hello');
      await asking.receives('ok');

      asking.send(request('GET /parts/next', 'Connection: close\r\n'));
      const text = await asking.end();

      expect(count(text, '100 Continue')).toBe(1);
      expect(count(text, '200 OK')).toBe(2);
    });

    it('of an HTTP/1.0 client is not answered', async () => {
      const asking = client().send(
        `POST /parts/new HTTP/1.0\r\nHost: gateway\r\n${EXPECTING}Content-Length: 5\r\n\r\nhello`,
      );

      const text = await asking.end();

      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(upstream.sent.toLowerCase()).not.toContain('expect');
    });

    it('is answered when a handler asks for the body', async () => {
      const json = 'Content-Type: application/json\r\nContent-Length: 7\r\n';
      const asking = client().send(request('POST /parts/parsed', EXPECTING + json));

      await asking.receives(CONTINUE);
      asking.send('{"a":1}');
      await asking.receives('ok');

      expect(upstream.sent).toMatch(/\r\nX-Parsed: \{"a":1\}\r\n/i);
      expect(upstream.sent).toMatch(/\r\n\r\n\{"a":1\}$/);
    });

    it("is answered when Express's parser reads the body", async () => {
      const json = 'Content-Type: application/json\r\nContent-Length: 7\r\n';
      const asking = client().send(request('POST /notes', EXPECTING + json));

      await asking.receives(CONTINUE);
      asking.send('{"a":1}');

      expect(await asking.receives('{"noted":1}')).toMatch(/\r\n\r\nHTTP\/1\.1 201 Created\r\n/);
    });

    it('a 100 of the upstream is kept from the client', async () => {
      answers(({ socket }) => socket.write(`${CONTINUE}${OK}`));
      const asking = client().send(request('POST /parts/new', 'Content-Length: 5\r\n', 'hello'));

      expect(await asking.receives('ok')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    });
  });

  describe('informational responses', () => {
    it('pass with their end-to-end fields, each before the answer', async () => {
      answers(({ socket }) => {
        socket.write('HTTP/1.1 102 Processing\r\n\r\n');
        socket.write(
          `${EARLY}Link: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\nX-Hint: yes\r\n` +
            'Connection: X-Inner\r\nX-Inner: 1\r\nKeep-Alive: timeout=9\r\nX-Correlation-ID: theirs\r\n\r\n',
        );
        socket.write(OK);
      });
      const asking = client().send(request('GET /parts/1'));

      const text = await asking.receives('ok');

      expect(text).toMatch(
        /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\nLink: <\/b\.js>; rel=preload\r\nX-Hint: yes\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
      );
    });

    it('come before the answer does, as the upstream sends them', async () => {
      let finish = (): void => {};
      answers(({ socket }) => {
        finish = () => socket.write(OK);
        socket.write(`${EARLY}Link: </a.css>; rel=preload\r\n\r\n`);
      });
      const asking = client().send(request('GET /parts/1'));

      const early = await asking.receives('rel=preload\r\n\r\n');
      finish();

      expect(early).not.toContain('200');
      expect(await asking.receives('ok')).toContain('200 OK');
    });

    it.each(['filtered', 'transformed'])('pass Link and nothing else where answers are %s', async (route) => {
      answers(({ socket }) =>
        socket.write(
          `${EARLY}Link: </a.css>; rel=preload\r\nX-Secret: 1\r\nSet-Cookie: a=1\r\n\r\n` +
            'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 23\r\n\r\n{"id":1,"secret":"x"}  ',
        ),
      );
      const asking = client().send(request(`GET /parts/${route}`));

      const text = await asking.receives('"id":1');

      expect(text).toMatch(
        /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
      );
      expect(text).not.toMatch(/x-secret|set-cookie/i);
    });

    it('are kept from an HTTP/1.0 client', async () => {
      answers(({ socket }) => socket.write(`${EARLY}Link: </a.css>\r\n\r\n${OK}`));
      const asking = client().send('GET /parts/1 HTTP/1.0\r\nHost: gateway\r\n\r\n');

      expect(await asking.end()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    });

    it('are of no interest where a handler joins calls', async () => {
      answers(({ socket }) =>
        socket.write(`${EARLY}Link: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]`),
      );
      const asking = client().send(request('GET /parts/joined'));

      expect(await asking.receives('{"parts":[]}')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    });

    it.each([
      [16, 200],
      [17, 502],
    ])('may come %i times: the answer is %i', async (times, status) => {
      answers(({ socket }) => socket.write(`${`${EARLY}\r\n`.repeat(times)}${OK}`));
      const asking = client().send(request('GET /parts/1', 'Connection: close\r\n'));

      const text = await asking.end();

      expect(text).toContain(`HTTP/1.1 ${status} `);
      expect(count(text, '103 Early Hints')).toBe(16);
    });

    it('of 101, which nobody asked for, are a 502 and cost the connection', async () => {
      answers(({ socket }) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'));
      const asking = client().send(request('GET /parts/1'));

      const text = await asking.receives('upstream-protocol');

      expect(text).toMatch(/^HTTP\/1\.1 502 /);
      await untilClosed(upstream.requests[0]?.socket);
    });
  });

  describe('trailers of an answer', () => {
    const TRAILED =
      'X-Checksum: abc\r\nServer-Timing: db;dur=5 \r\nSet-Cookie: a=1\r\nContent-Length: 5\r\n' +
      'X-Forwarded-For: 1\r\nX-Correlation-ID: 1\r\n\r\n';

    it('are asked for and passed on when the client takes them', async () => {
      answers(({ socket }) =>
        socket.write(
          `${chunked('Trailer: X-Checksum, Set-Cookie\r\nTrailer: Server-Timing\r\n', 'hello')}0\r\n${TRAILED}`,
        ),
      );
      const asking = client().send(request('GET /parts/1', 'TE: deflate, Trailers\r\nConnection: TE\r\n'));

      const text = await asking.receives('\r\n0\r\n');
      await asking.receives('dur=5\r\n\r\n');

      expect(upstream.sent).toMatch(/\r\nTE: trailers\r\nConnection: TE\r\n/);
      expect(text).toMatch(/\r\nTrailer: X-Checksum, Server-Timing\r\n/);
      expect(asking.text).toMatch(
        /\r\n\r\n5\r\nhello\r\n0\r\nX-Checksum: abc\r\nServer-Timing: db;dur=5\r\n\r\n$/,
      );
    });

    it('pass behind a body that streams, and the next answer has none', async () => {
      let finish = (): void => {};
      answers(({ socket, head }) => {
        if (head.includes('/parts/2 ')) {
          socket.write(`${chunked('', 'again')}0\r\n\r\n`);
          return;
        }
        finish = () => socket.write(`0\r\nX-Checksum: abc\r\n\r\n`);
        socket.write(chunked('', 'hello'));
      });
      const asking = client().send(request('GET /parts/1', 'TE: trailers\r\n'));
      await asking.receives('hello\r\n');

      finish();
      await asking.receives('X-Checksum: abc\r\n\r\n');
      asking.send(request('GET /parts/2', 'TE: trailers\r\n'));
      const text = await asking.receives('again');

      expect(text).toMatch(/5\r\nhello\r\n0\r\nX-Checksum: abc\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
      expect(count(text, 'X-Checksum')).toBe(1);
    });

    it.each([
      ['did not ask for them', '/parts/1', ''],
      ['asked for something else', '/parts/1', 'TE: trailers;q=1, gzip\r\n'],
      ['asked where the answer is transformed', '/parts/transformed', 'TE: trailers\r\n'],
    ])('are dropped when the client %s', async (_what, path, fields) => {
      answers(({ socket }) => socket.write(`${chunked('Trailer: X-Checksum\r\n', 'hello')}0\r\n${TRAILED}`));
      const asking = client().send(request(`GET ${path}`, `${fields}Connection: close\r\n`));

      const text = await asking.end();

      expect(text).toContain('hello');
      expect(text).not.toMatch(/checksum|server-timing|trailer:/i);
    });

    it('are dropped where the body is filtered', async () => {
      answers(({ socket }) =>
        socket.write(
          `${chunked('Content-Type: application/json\r\n', '{"secret":1,"id":2}')}0\r\n${TRAILED}`,
        ),
      );
      const asking = client().send(
        request('GET /parts/filtered', 'TE: trailers\r\nConnection: close, TE\r\n'),
      );

      const text = await asking.end();

      expect(text).toMatch(/\r\nContent-Length: 8\r\n[\s\S]*\{"id":2\}$/);
      expect(text).not.toMatch(/checksum/i);
    });

    it('over the limit of a header section cut the answer', async () => {
      answers(({ socket }) =>
        socket.write(`${chunked('', 'hello')}0\r\n${`X-Long: ${'x'.repeat(1_000)}\r\n`.repeat(70)}\r\n`),
      );
      const asking = client().send(request('GET /parts/1', 'TE: trailers\r\n'));

      const text = await asking.end();

      expect(text).not.toContain('\r\n0\r\n');
    });
  });

  describe('trailers of a request', () => {
    const body = (trailers: string): string => `5\r\nhello\r\n0\r\n${trailers}\r\n`;

    it('pass behind the last chunk when they may, and never among the headers', async () => {
      const asking = client().send(
        request(
          'POST /parts/new',
          'Transfer-Encoding: chunked\r\nConnection: X-Hop\r\n',
          body(
            'X-Checksum: abc\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 6.6.6.6\r\n' +
              'X_Consumer_Id: 1\r\nX-Hop: 1\r\nCookie: a=1\r\nHost: evil\r\n',
          ),
        ),
      );

      await asking.receives('ok');

      expect(upstream.sent).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\nX-Checksum: abc\r\n\r\n$/);
      expect(upstream.sent.slice(0, upstream.sent.indexOf('\r\n\r\n'))).not.toMatch(/checksum/i);
      expect(upstream.sent).not.toMatch(/bearer|6\.6\.6\.6|consumer|x-hop|cookie|evil/i);
    });

    it('do not bring back what an edit takes away', async () => {
      const asking = client().send(
        request(
          'POST /parts/edited',
          'Transfer-Encoding: chunked\r\n',
          body('X-Role: admin\r\nX-Checksum: abc\r\n'),
        ),
      );

      await asking.receives('ok');

      expect(upstream.sent).not.toMatch(/x-role/i);
    });

    it('pass behind a body that is counted against a limit', async () => {
      const asking = client().send(
        request(
          'POST /parts/limited',
          'Transfer-Encoding: chunked\r\n',
          '4\r\nhell\r\n0\r\nX-Checksum: abc\r\n\r\n',
        ),
      );

      expect(await asking.receives('ok')).toContain('200 OK');
    });
  });

  describe('uploads', () => {
    it('take no connection of the upstream before their bytes flow', async () => {
      const slow = Array.from({ length: 3 }, () =>
        client().send(request('POST /parts/new', 'Content-Length: 20000\r\n')),
      );
      const short = client().send(request('POST /parts/new', 'Content-Length: 5\r\n', 'hell'));
      await client().send(request('GET /parts/1', 'Connection: close\r\n')).end();
      const before = upstream.requests.length;

      short.send('o');
      const text = await short.receives('ok');
      for (const one of slow) one.close();

      expect(before).toBe(1);
      expect(upstream.connections).toBeLessThanOrEqual(1);
      expect(text).toContain('200 OK');
      expect(upstream.sent).toMatch(/\r\nContent-Length: 5\r\n\r\nhello$/);
    });

    it('that fall silent before anything is sent are answered 408', async () => {
      const asking = client().send(request('POST /parts/impatient', 'Content-Length: 5\r\n', 'hell'));

      const text = await asking.end();

      expect(text).toMatch(/^HTTP\/1\.1 408 /);
      expect(upstream.requests).toHaveLength(0);
    });

    it.each(['GET', 'DELETE', 'OPTIONS', 'HEAD'])('pass with %s too', async (method) => {
      answers(({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`));
      const asking = client().send(request(`${method} /parts/1`, 'Content-Length: 5\r\n', 'hello'));

      await asking.receives('\r\n\r\n');

      expect(upstream.sent).toMatch(new RegExp(`^${method} /parts/1 HTTP/1\\.1\\r\\n`));
      expect(upstream.sent).toMatch(/\r\nContent-Length: 5\r\n\r\nhello$/);
    });

    it.each(['GET', 'DELETE', 'OPTIONS'])('in chunks pass with %s, in chunks of our own', async (method) => {
      const asking = client().send(
        request(
          `${method} /parts/1`,
          'Transfer-Encoding: chunked\r\n',
          '5;name="v"\r\nhello\r\n0;last\r\n\r\n',
        ),
      );

      await asking.receives('ok');

      expect(upstream.sent).toMatch(/\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
    });

    it('get an answer that comes early, and are not read to their end', async () => {
      upstream.early = (_head, socket) => {
        socket.end('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig');
        return true;
      };
      const asking = client();
      asking.send(request('POST /parts/new', 'Content-Length: 9000000\r\n', 'x'.repeat(70_000)));

      const text = await asking.end();
      const ended = asking.ended;
      const sending = setInterval(() => asking.send(Buffer.alloc(65_536)), 1);
      await new Promise((resolve) => asking.socket.once('close', resolve));
      clearInterval(sending);

      expect(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n[\s\S]*big$/);
      expect(ended).toBe('cleanly');
    });
  });

  describe('the body of an answer', () => {
    const CUTS = [
      [
        'inside a declared length',
        'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"id":1}',
      ],
      ['inside a chunk', `${CHUNKED}Content-Type: application/json\r\n\r\n20\r\n{"id":1}`],
      ['before its last chunk', `${CHUNKED}Content-Type: application/json\r\n\r\n8\r\n{"id":1}\r\n`],
      [
        'inside its trailers',
        `${CHUNKED}Content-Type: application/json\r\n\r\n8\r\n{"id":1}\r\n0\r\nX: 1\r\n`,
      ],
    ] as const;

    it.each(CUTS)('cut %s never ends cleanly', async (_what, bytes) => {
      answers(({ socket }) => socket.end(bytes));
      const asking = client().send(request('GET /parts/1'));

      const text = await asking.end();

      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(text).not.toContain('\r\n0\r\n');
      if (text.includes('Content-Length')) expect(text).toMatch(/Content-Length: 50\r\n[\s\S]*\{"id":1\}$/);
    });

    it.each(CUTS)('cut %s is a 502 where nothing was sent yet', async (_what, bytes) => {
      answers(({ socket }) => socket.end(bytes));
      const asking = client().send(request('GET /parts/filtered'));

      const text = await asking.receives('}');

      expect(text).toMatch(/^HTTP\/1\.1 502 /);
    });

    it.each(CUTS)('cut %s resets the connection of an HTTP/1.0 client', async (what, bytes) => {
      answers(({ socket }) => socket.end(bytes));
      const asking = client().send('GET /parts/1 HTTP/1.0\r\nHost: gateway\r\n\r\n');

      const text = await asking.end();

      // A declared length tells by itself that something is missing.
      if (what === 'inside a declared length') expect(text).toContain('Content-Length: 50');
      else expect(asking.ended).toBe('by a reset');
    });

    it('comes in chunks of our own, without what the upstream wrote beside its sizes', async () => {
      answers(({ socket }) =>
        socket.write(`${CHUNKED}\r\n5;name="value"\r\nhello\r\n1;x\r\n!\r\n0;last\r\n\r\n`),
      );
      const asking = client().send(request('GET /parts/1', 'Connection: close\r\n'));

      const text = await asking.end();

      expect(text).toMatch(/hello/);
      expect(text).not.toMatch(/name=|;x|;last/);
    });

    it.each([
      ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\nSECRET'],
      ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\nSECRET'],
      ['HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nSECRET'],
      ['a longer body than declared', 'GET', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nSECRET`],
    ])(
      'that should not be there (%s) is dropped with its connection, and the next client is safe',
      async (_what, method, bytes) => {
        answers(({ socket, head }) => socket.write(head.includes('/next ') ? OK : bytes));
        const asking = client().send(request(`${method} /parts/1`));
        await asking.receives('\r\n\r\n');
        await untilClosed(upstream.requests[0]?.socket);

        const next = client().send(request('GET /parts/next', 'Connection: close\r\n'));
        const answered = await next.end();
        asking.send(request('GET /parts/next', 'Connection: close\r\n'));
        const text = await asking.end();

        expect(answered).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/);
        expect(text + answered).not.toContain('SECRET');
      },
    );
  });
});

async function untilClosed(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error('There was no connection.');
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
}
