import { All, Delete, Get, Module, Param, Post } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, WAYS } from '../support/gateway.harness.js';
import { RawClient, sendRaw } from '../support/raw.client.js';

const BOOKS = defineUpstream('book-service', { targets: env('UPSTREAM_URL') });

@ProxyController(BOOKS, 'books')
@Public()
class BooksController {
  constructor(@InjectUpstream(BOOKS) private readonly books: UpstreamClient) {}

  @Get()
  list(@Forward() call: ForwardCall) {
    return this.books.forward(call);
  }

  @Post()
  add(@Forward() call: ForwardCall) {
    return this.books.forward(call);
  }

  @Get('new')
  newest(@Forward() call: ForwardCall) {
    return this.books.forward(call.to('/newest'));
  }

  @Get(':id')
  one(@Param('id') id: string, @Forward() call: ForwardCall) {
    return this.books.forward(call.to('/by-id/:id', { id }));
  }

  @Delete(':id')
  remove(@Forward() call: ForwardCall) {
    return this.books.forward(call);
  }

  /** A path that only Express's own grammar can match. */
  @Get('issues/:year-:month')
  issue(@Forward() call: ForwardCall) {
    return this.books.forward(call);
  }
}

@ProxyController(BOOKS, 'files', { upstreamPath: '/store' })
@Public()
class FilesController {
  constructor(@InjectUpstream(BOOKS) private readonly books: UpstreamClient) {}

  @All(['', '*path'])
  all(@Forward() call: ForwardCall) {
    return this.books.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(BOOKS)],
  controllers: [BooksController, FilesController],
})
class AppModule {}

describe.each(WAYS)('matching, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });

  const rawTarget = (target: string, method = 'GET') =>
    sendRaw(fixture.running.port, `${method} ${target} HTTP/1.1\r\nHost: gateway\r\n\r\n`);

  it('prefers the specific route to the general one', async () => {
    await fixture.ask('/books/new');
    const specific = fixture.upstream.last.url;
    await fixture.ask('/books/news');

    expect(specific).toBe('/newest');
    expect(fixture.upstream.last.url).toBe('/by-id/news');
  });

  it('answers 404 to a path that no route has', async () => {
    const answer = await ask(`${fixture.running.url}/nowhere`);

    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'route-not-found', status: 404 });
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('answers 405 with Allow to a method that the path does not take', async () => {
    const list = await ask(`${fixture.running.url}/books`, { method: 'PUT' });
    const one = await ask(`${fixture.running.url}/books/7`, { method: 'POST' });

    expect([list.status, one.status]).toEqual([405, 405]);
    expect(list.headers['allow']).toBe('GET, HEAD, OPTIONS, POST');
    expect(one.headers['allow']).toBe('DELETE, GET, HEAD, OPTIONS');
    expect(list.json()).toMatchObject({ code: 'method-not-allowed' });
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('answers 405 with Allow also where only Express can match the path', async () => {
    const taken = await ask(`${fixture.running.url}/books/issues/2026-11`);
    const refused = await ask(`${fixture.running.url}/books/issues/2026-11`, { method: 'PUT' });
    const unknown = await ask(`${fixture.running.url}/books/issues/2026`, { method: 'PUT' });

    expect([taken.status, refused.status, unknown.status]).toEqual([200, 405, 404]);
    expect(refused.headers['allow']).toBe('GET, HEAD, OPTIONS');
  });

  it('answers OPTIONS with what the path takes, unless a route takes it', async () => {
    const answered = await ask(`${fixture.running.url}/books`, { method: 'OPTIONS' });
    const before = fixture.upstream.received.length;
    await ask(`${fixture.running.url}/files/a`, { method: 'OPTIONS' });

    expect(answered.status).toBe(204);
    expect(answered.headers['allow']).toBe('GET, HEAD, OPTIONS, POST');
    expect(before).toBe(0);
    expect(fixture.upstream.last.method).toBe('OPTIONS');
  });

  it('takes HEAD on a GET route and answers without a body', async () => {
    const answer = await rawTarget('/books', 'HEAD');

    expect(answer.status).toBe(200);
    expect(answer.values('content-length')).toEqual([]);
    expect(fixture.upstream.last.method).toBe('HEAD');
  });

  it('ignores one trailing slash, and forwards the path as it was sent', async () => {
    const one = await ask(`${fixture.running.url}/books/new/`);
    const prefix = await ask(`${fixture.running.url}/files/`);
    const prefixUrl = fixture.upstream.last.url;
    const two = await ask(`${fixture.running.url}/books/new//`);

    expect([one.status, prefix.status, two.status]).toEqual([200, 200, 400]);
    expect(prefixUrl).toBe('/store/');
  });

  it('tells upper case from lower case', async () => {
    const answer = await ask(`${fixture.running.url}/Books`);

    expect(answer.status).toBe(404);
  });

  it('replaces the prefix and keeps everything behind it', async () => {
    await fixture.ask('/files');
    const bare = fixture.upstream.last.url;
    await fixture.ask('/files/a%20b/c;v=1?x=%2f&y');

    expect(bare).toBe('/store');
    expect(fixture.upstream.last.url).toBe('/store/a%20b/c;v=1?x=%2f&y');
  });

  it('reads an escaped unreserved character and a plain one as the same path', async () => {
    const answer = await rawTarget('/b%6foks/%6eew');

    expect(answer.status).toBe(200);
    expect(fixture.upstream.last.url).toBe('/newest');
  });

  it.each([
    '/files/a%2fb',
    '/files/a%2Fb',
    '/files/a%5cb',
    '/files/a\\b',
    '/files/a%00b',
    '/files/./a',
    '/files/../books',
    '/files/a/..',
    '/files/%2e%2e/books',
    '/files/.%2e/books',
    '/files/..;/books',
    '/files//a',
    '//files/a',
    '/files/a%',
    '/files/a%zz',
    '/files/%ff',
    '/files/a"b',
  ])('answers 400 to the ambiguous path %s and asks no upstream', async (path) => {
    const answer = await rawTarget(path);

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'ambiguous-path' });
    expect(answer.values('x-correlation-id')).toHaveLength(1);
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it.each(['http://other/files/a', '*', 'files/a', 'https://gateway/books'])(
    'answers 400 to the request target %s, which is no path of this gateway',
    async (target) => {
      const answer = await rawTarget(target);

      expect(answer.status).toBe(400);
      expect(fixture.upstream.received).toHaveLength(0);
    },
  );

  it.each([
    ['two lengths that differ', 'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
    ['a length and chunked', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length that is no number', 'Content-Length: +3\r\n\r\nabc'],
    ['an unknown transfer coding', 'Transfer-Encoding: gzip\r\n\r\n'],
    ['a blank before the colon', 'X-Test : a\r\n\r\n'],
    ['a folded line', 'X-Test: a\r\n b\r\n\r\n'],
    ['a NUL in a value', 'X-Test: a\0b\r\n\r\n'],
  ])('answers 400 to a request with %s and closes', async (_, rest) => {
    const client = new RawClient(fixture.running.port).send(
      `POST /files/a HTTP/1.1\r\nHost: gateway\r\n${rest}`,
    );

    const answer = await client.answer('POST');
    await client.closed();

    expect(answer.status).toBe(400);
    expect(answer.values('connection')).toEqual(['close']);
    expect(fixture.upstream.received).toHaveLength(0);
    client.close();
  });

  it('answers 400 without a Host, and to two of them', async () => {
    const none = await sendRaw(fixture.running.port, 'GET /files/a HTTP/1.1\r\n\r\n');
    const two = await sendRaw(fixture.running.port, 'GET /files/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');

    expect([none.status, two.status]).toEqual([400, 400]);
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('answers 414 to a URL over the limit and 431 to too many headers', async () => {
    const long = await rawTarget(`/files/${'a'.repeat(8_192)}`);
    const many = Array.from({ length: 101 }, (_, i) => `X-${i}: a\r\n`).join('');
    const crowded = await sendRaw(
      fixture.running.port,
      `GET /files/a HTTP/1.1\r\nHost: gateway\r\n${many}\r\n`,
    );

    expect([long.status, crowded.status]).toEqual([414, 431]);
    expect(fixture.upstream.received).toHaveLength(0);
  });
});
