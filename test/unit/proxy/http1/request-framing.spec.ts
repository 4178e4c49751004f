import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RequestBody } from '../../../../src/contracts/upstream-request.js';
import { frameRequest } from '../../../../src/proxy/http1/request-framing.js';

const frame = (method: string, body: RequestBody, headers: string[] = ['Host', 'a'], path = '/p?q=1') =>
  frameRequest({ method, path, headers, body });

describe('frameRequest', () => {
  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND'])('sends %s without a body unframed', (method) => {
    expect(frame(method, undefined).text).toBe(`${method} /p?q=1 HTTP/1.1\r\nHost: a\r\n\r\n`);
  });

  it.each(['POST', 'PUT', 'PATCH'])('says Content-Length: 0 for %s without a body', (method) => {
    expect(frame(method, undefined).text).toBe(
      `${method} /p?q=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`,
    );
  });

  it('puts a small body, byte for byte, into the write of the head', () => {
    const body = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));

    const framed = frame('GET', body);

    expect(framed.rest).toBeUndefined();
    expect(Buffer.from(framed.text, 'latin1').subarray(-256)).toEqual(body);
    expect(framed.text).toContain('\r\nContent-Length: 256\r\n\r\n');
  });

  it('leaves a large body where it is', () => {
    const body = Buffer.alloc(1_000_000);

    const framed = frame('PUT', body);

    expect(framed.rest).toBe(body);
    expect(framed.text).toMatch(/\r\nContent-Length: 1000000\r\n\r\n$/);
  });

  it('frames a streamed body by its length, or in chunks without one', () => {
    const stream = Readable.from([]);

    expect(frame('POST', { stream, length: 7 }).text).toMatch(/\r\nContent-Length: 7\r\n\r\n$/);
    expect(frame('POST', { stream, length: undefined }).text).toMatch(
      /\r\nTransfer-Encoding: chunked\r\n\r\n$/,
    );
  });

  it.each([
    ['a line break in a value', ['X', 'a\r\nEvil: 1'], '/'],
    ['a character that would become a line break in latin1', ['X', 'a\u010ab'], '/'],
    ['NUL in a value', ['X', 'a\0b'], '/'],
    ['a name that is no token', ['X y', 'a'], '/'],
    ['framing that is not ours', ['content-LENGTH', '5'], '/'],
    ['chunking that is not ours', ['Transfer-Encoding', 'chunked'], '/'],
    ['a space in the path', ['X', 'a'], '/a b'],
    ['a line break in the path', ['X', 'a'], '/a\r\nEvil: 1'],
    ['a path that is not in origin form', ['X', 'a'], 'http://a/'],
  ])('never writes %s', (_what, headers, path) => {
    expect(() => frame('GET', undefined, headers, path)).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
  });
});
