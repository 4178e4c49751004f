import { describe, expect, it } from 'vitest';
import { RESPONSE_LIMIT_DEFAULTS } from '../../../../src/proxy/http1/response-limits.js';
import { readResponseHead } from '../../../../src/proxy/http2/response-head.js';
import { checkTrailers, ResponseTrailers } from '../../../../src/proxy/http2/response-trailers.js';

const read = (...raw: string[]) => readResponseHead(raw, RESPONSE_LIMIT_DEFAULTS);
const refused = expect.objectContaining({ code: 'upstream-protocol' });

describe('readResponseHead', () => {
  it('keeps end-to-end fields in their order, repeated ones too', () => {
    const head = read(
      ':status',
      '200',
      'set-cookie',
      'a=1',
      'trailer',
      'x-sum',
      'content-length',
      '3',
      'set-cookie',
      'b=2',
    );

    expect(head).toEqual({
      status: 200,
      headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2'],
      length: 3,
      announced: 'x-sum',
    });
  });

  it.each([
    [[]],
    [['x-a', '1']],
    [['x-a', '1', ':status', '200']],
    [[':status', '200', ':status', '200']],
    [[':status', '2000']],
    [[':status', '099']],
    [[':status', '200', ':path', '/']],
    [[':status', '200', 'X-A', '1']],
    [[':status', '200', '', '1']],
    [[':status', '200', 'x-a', 'a\0b']],
    [[':status', '200', 'x-a', 'a\r\nb']],
    [[':status', '200', 'connection', 'close']],
    [[':status', '200', 'transfer-encoding', 'chunked']],
    [[':status', '200', 'content-length', '1', 'content-length', '1']],
    [[':status', '200', 'content-length', '+1']],
  ])('refuses %j', (raw) => {
    expect(() => read(...raw)).toThrow(refused);
  });

  it('holds the limits of a header section at their edge', () => {
    const limits = { ...RESPONSE_LIMIT_DEFAULTS, maxHeaderCount: 2, maxHeaderBytes: 40 };
    const of = (...raw: string[]) => readResponseHead([':status', '200', ...raw], limits);

    expect(of('a', '1', 'b', '2').headers).toEqual(['a', '1', 'b', '2']);
    expect(() => of('a', '1', 'b', '2', 'c', '3')).toThrow(refused);
    // Each name and value counts two bytes more, as in HTTP/1.1.
    expect(of('a', 'x'.repeat(21)).headers).toHaveLength(2);
    expect(() => of('a', 'x'.repeat(22))).toThrow(refused);
  });
});

describe('ResponseTrailers', () => {
  it('lets pass what may stand behind a body', () => {
    const trailers = new ResponseTrailers('x-sum, content-length, b ad, grpc-status');

    trailers.take(['x-sum', '1', 'content-length', '3', 'set-cookie', 'a=b', 'grpc-status', '0']);

    expect(trailers.announced).toBe('x-sum, grpc-status');
    expect(trailers.fields).toEqual(['x-sum', '1', 'grpc-status', '0']);
  });

  it.each([[[':status', '200']], [['x a', '1']], [['x-a', 'a\nb']]])('refuses the section %j', (raw) => {
    expect(() => checkTrailers(raw, RESPONSE_LIMIT_DEFAULTS)).toThrow(refused);
  });
});
