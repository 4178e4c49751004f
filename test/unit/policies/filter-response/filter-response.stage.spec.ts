import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { applyEdits, foldHeaderName } from '../../../../src/contracts/header-edit.js';
import { UpstreamResponse, WholeBody } from '../../../../src/contracts/upstream-response.js';
import { resolveFilterResponse } from '../../../../src/policies/filter-response/filter-response.options.js';
import { askPlain, filterStage } from '../../../../src/policies/filter-response/filter-response.stage.js';
import { answer, exchangeFor, fields, jsonOf, SentBody, textOf } from '../json-body/answer.fixture.js';

const USER = { id: 7, name: 'Ada', ssn: '123-45-6789' };
const SEEN = { id: 7, name: 'Ada' };
const LIMIT = 4096;
const omitSsn = filterStage(resolveFilterResponse({ omit: ['ssn'], limitBytes: LIMIT }));

const filterIt = async (response: UpstreamResponse, method = 'GET'): Promise<UpstreamResponse> =>
  omitSsn(exchangeFor(method), response);

async function refusalOf(response: UpstreamResponse): Promise<GatewayError> {
  try {
    await filterIt(response);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('It was not refused.');
}

describe('a JSON answer', () => {
  it('is filtered without a promise when it is in memory', () => {
    const response = omitSsn(exchangeFor(), answer(JSON.stringify(USER)));

    expect(response).toBeInstanceOf(UpstreamResponse);
    expect(jsonOf(response as UpstreamResponse)).toEqual(SEEN);
  });

  it('is filtered after its last byte when it streams', async () => {
    const body = new SentBody();
    const filtered = filterIt(new UpstreamResponse(200, [], body, 'user-service'));

    body.send('{"id":7,"na', 'me":"Ada","ssn', '":"1"}');
    body.sink?.end();

    expect(jsonOf(await filtered)).toEqual(SEEN);
  });

  it('is filtered when a handler made it', async () => {
    const response = await filterIt(UpstreamResponse.json(USER));

    expect(jsonOf(response)).toEqual(SEEN);
    expect(response.upstream).toBeUndefined();
  });

  it.each(['text/html', 'text/plain; charset=iso-8859-1', 'application/octet-stream', 'nonsense'])(
    'is filtered and called JSON when it claims to be %s',
    async (type) => {
      const response = await filterIt(answer(JSON.stringify(USER), ['content-type', type]));

      expect(jsonOf(response)).toEqual(SEEN);
      expect(response.headers).toEqual(['content-type', 'application/json; charset=utf-8']);
    },
  );

  it.each([
    'application/json',
    'application/problem+json',
    'application/vnd.api+json; ext="a"; charset=UTF-8',
  ])('keeps the type %s', async (type) => {
    const response = await filterIt(answer(JSON.stringify(USER), ['Content-Type', type]));

    expect(response.headers).toEqual(['Content-Type', type]);
  });

  it('is filtered the same when its status is an error', async () => {
    const response = await filterIt(answer('{"error":"x","ssn":"1"}', [], 422));

    expect(response.status).toBe(422);
    expect(jsonOf(response)).toEqual({ error: 'x' });
  });

  it('loses every header that describes the bytes before the filter, and no other', async () => {
    const kept = [
      'Content-Type: application/json',
      'Last-Modified: then',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
    ];
    const lost = ['ETag: W/"5a-hash"', 'Content-MD5: x', 'Digest: x', 'Content-Digest: x', 'repr-digest: x'];
    const alsoLost = ['Accept-Ranges: bytes', 'Content-Range: bytes 0-1/2', 'CONTENT-LENGTH: 9'];

    const response = await filterIt(answer(JSON.stringify(USER), fields(...lost, ...kept, ...alsoLost)));

    expect(response.headers).toEqual(fields(...kept));
  });

  it('gives its connection back once its bytes are taken', async () => {
    let discarded = 0;
    class PooledBody extends WholeBody {
      override discard(): void {
        discarded++;
      }
    }
    const body = new PooledBody(Buffer.from(JSON.stringify(USER)));

    await filterIt(new UpstreamResponse(200, [], body, 'user-service'));

    expect(discarded).toBe(1);
  });
});

describe('an answer without a body', () => {
  it.each([
    ['204', 204, 'GET'],
    ['304', 304, 'GET'],
    ['the answer to HEAD', 200, 'HEAD'],
  ])('passes: %s, with no length that would be wrong', async (_what, status, method) => {
    const body = new SentBody(92);
    const headers = ['ETag', '"x"', 'Content-Type', 'application/json', 'Location', '/7'];

    const response = await filterIt(new UpstreamResponse(status, headers, body, 'user-service'), method);

    expect(response.status).toBe(status);
    expect(response.headers).toEqual(['Content-Type', 'application/json', 'Location', '/7']);
    expect(response.body.length).toBeUndefined();
    expect(body.discarded).toBe(true);
  });

  it('passes when a success is empty, claimed compressed or not', async () => {
    expect((await filterIt(answer(''))).body.length).toBe(0);
    expect((await filterIt(answer('', ['Content-Encoding', 'gzip']))).headers).toEqual([]);
  });

  it('passes when a stream ends without a byte', async () => {
    const body = new SentBody();
    const filtered = filterIt(new UpstreamResponse(201, [], body, 'user-service'));

    body.sink?.end();

    expect((await filtered).body.length).toBe(0);
  });
});

describe('a success that cannot be read', () => {
  it.each<[string, string | Buffer, readonly string[]]>([
    ['is not JSON', '<html>123-45-6789</html>', ['Content-Type', 'text/html']],
    ['breaks off', '{"ssn":"123-45-6789"', []],
    ['is not UTF-8', Buffer.from('7b2273736e223a22ff227d', 'hex'), []],
    ['is stacked codings', gzipSync(gzipSync('{}')), ['Content-Encoding', 'gzip, gzip']],
    ['has two coding fields', gzipSync('{}'), ['Content-Encoding', 'gzip', 'content-encoding', 'identity']],
    ['has an unknown coding', '{}', ['Content-Encoding', 'toString']],
    ['is broken gzip', gzipSync(JSON.stringify(USER)).subarray(0, 30), ['Content-Encoding', 'gzip']],
    ['is plain and claims gzip', JSON.stringify(USER), ['Content-Encoding', 'gzip']],
    ['is gzip and claims nothing', gzipSync(JSON.stringify(USER)), []],
    ['is over the limit', JSON.stringify('123-45-6789'.repeat(LIMIT)), []],
    ['inflates over the limit', gzipSync(`"${'0'.repeat(10_000_000)}"`), ['Content-Encoding', 'gzip']],
  ])('becomes a 502 that names the upstream and quotes nothing: it %s', async (_what, body, headers) => {
    const refusal = await refusalOf(answer(body, headers));

    expect(refusal).toMatchObject({ code: 'upstream-body', status: 502, upstream: 'user-service' });
    expect(refusal.detail).toMatch(/^user-service answered with a body [a-zA-Z0-9 -]+\.$/);
    expect(refusal.cause).toBeUndefined();
    expect(`${refusal.stack}${refusal.detail}`).not.toContain('123-45-6789');
  });

  it('becomes a 502 when it streams over the limit, and the upstream is stopped', async () => {
    const body = new SentBody();
    const filtered = filterIt(new UpstreamResponse(200, [], body, 'user-service'));

    body.send(Buffer.alloc(LIMIT, 0x20), '{}');

    await expect(filtered).rejects.toMatchObject({ code: 'upstream-body' });
    expect(body.cancelled).toBe(true);
  });

  it('becomes a 502 when it is only a part', async () => {
    const refusal = await refusalOf(answer('{"id":7}', ['Content-Range', 'bytes 0-7/90'], 206));

    expect(refusal.detail).toBe('user-service answered with a body that is only a part.');
  });

  it('becomes a 502 when 100,000 lists nest, at the top or in a field', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const stage = filterStage(resolveFilterResponse({ pick: ['a'] }));

    for (const text of [deep, `{"a":${deep}}`, '['.repeat(20_000) + ']'.repeat(20_000)]) {
      expect(() => stage(exchangeFor(), answer(text))).toThrow(GatewayError);
    }
  });

  it('blames the handler when no upstream is known', () => {
    const made = new UpstreamResponse(200, [], new WholeBody(Buffer.from('plain')));

    expect(() => omitSsn(exchangeFor(), made)).toThrow('The handler answered with a body that is not JSON.');
  });

  it('tells a broken connection as what it is', async () => {
    const body = new SentBody();
    const filtered = filterIt(new UpstreamResponse(200, [], body, 'user-service'));

    body.sink?.fail(new GatewayError('upstream-reset', { upstream: 'user-service' }));

    await expect(filtered).rejects.toMatchObject({ code: 'upstream-reset' });
  });
});

describe('a redirect or an error that cannot be read', () => {
  it.each([302, 404, 500])('keeps its status and loses its body: %i', async (status) => {
    const response = await filterIt(
      answer('<h1>123-45-6789</h1>', ['Content-Type', 'text/html', 'Location', '/x', 'ETag', '"1"'], status),
    );

    expect(response.status).toBe(status);
    expect(textOf(response)).toBe('');
    expect(response.headers).toEqual(['Location', '/x']);
    expect(response.upstream).toBe('user-service');
  });

  it('does so when it streams over the limit', async () => {
    const body = new SentBody();
    const filtered = filterIt(new UpstreamResponse(503, [], body, 'user-service'));

    body.send(Buffer.alloc(LIMIT + 1));

    expect((await filtered).status).toBe(503);
    expect(body.cancelled).toBe(true);
  });
});

describe('a compressed answer', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('is read all the same and goes on plain: %s', async (coding, compress) => {
    const response = await filterIt(
      answer(compress(Buffer.from(JSON.stringify(USER))), [
        'Content-Encoding',
        coding,
        'Vary',
        'Accept-Encoding',
      ]),
    );

    expect(jsonOf(response)).toEqual(SEEN);
    expect(response.header('content-encoding')).toBeUndefined();
    expect(response.header('vary')).toBe('Accept-Encoding');
  });

  it('may call plain bytes identity', async () => {
    const response = await filterIt(answer(JSON.stringify(USER), ['Content-Encoding', 'identity']));

    expect(jsonOf(response)).toEqual(SEEN);
  });
});

describe('the request of a filtered route', () => {
  const CLIENT = [
    'Accept-Encoding',
    'gzip',
    'Range',
    'bytes=0-9',
    'If-Range',
    '"x"',
    'If-None-Match',
    '"x"',
    'Accept',
    '*/*',
  ];

  it.each([
    ['GET', ['Accept', '*/*']],
    ['HEAD', ['Accept', '*/*']],
    // `If-None-Match: *` on a PUT means "only create": without it the upstream would overwrite.
    ['PUT', ['If-None-Match', '"x"', 'Accept', '*/*']],
  ])('asks for whole, plain bytes: %s', async (method, sent) => {
    const exchange = exchangeFor(method, CLIENT);

    askPlain(exchange);

    const edits = exchange.call?.headerEdits ?? [];
    expect(applyEdits(CLIENT, edits, foldHeaderName)).toEqual(sent);
  });

  it('is left alone where no call was made', async () => {
    const exchange = exchangeFor();
    exchange.call = undefined;

    askPlain(exchange);

    expect(exchange.call).toBeUndefined();
  });
});
