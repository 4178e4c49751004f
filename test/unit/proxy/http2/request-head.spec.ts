import { sensitiveHeaders } from 'node:http2';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../../../src/contracts/forwarder.js';
import type { UpstreamRequest } from '../../../../src/contracts/upstream-request.js';
import { requestHead } from '../../../../src/proxy/http2/request-head.js';

const TARGET: Target = { id: 'stock:3001', host: 'stock', port: 3001, tls: true, weight: 1 };

const headOf = (given: Partial<UpstreamRequest>, target = TARGET): string[] => {
  const request = { method: 'GET', path: '/', headers: ['Host', 'stock'], body: undefined, ...given };
  return requestHead(request, target, request.body);
};

const pseudo = (method: string): string[] => [
  ...[':method', method, ':scheme', 'https', ':authority', 'stock', ':path', '/'],
];

describe('requestHead', () => {
  it('puts the pseudo-header fields first, whatever the order of the fields', () => {
    const head = headOf({ headers: ['X-A', '1', 'Host', 'stock'] });

    expect(head).toEqual([...pseudo('GET'), 'x-a', '1']);
  });

  it('names the target where no Host is given', () => {
    expect(headOf({ headers: [] })[5]).toBe('stock:3001');
    expect(headOf({ headers: [] }, { ...TARGET, host: '::1', port: 443 })[5]).toBe('[::1]');
  });

  it('names the credentials it holds, and no others, as never to be indexed', () => {
    const credentials = ['authorization', 'cookie', 'x-api-key'];

    const head = headOf({
      headers: ['Host', 'stock', 'Authorization', 'a', 'X-A', '1', 'Cookie', 'b=1; c=2', 'X-API-Key', 'd'],
    });

    expect([...head]).toEqual([
      ...pseudo('GET'),
      'authorization',
      'a',
      'x-a',
      '1',
      'cookie',
      'b=1; c=2',
      'x-api-key',
      'd',
    ]);
    expect(Reflect.get(head, sensitiveHeaders)).toEqual(credentials);
    expect(Reflect.get(headOf({ headers: ['Host', 'stock', 'X-A', '1'] }), sensitiveHeaders)).toBeUndefined();
  });

  it.each(['Connection', 'Keep-Alive', 'Proxy-Connection', 'Upgrade', 'HTTP2-Settings', 'TE', 'Trailer'])(
    'leaves %s behind, which speaks of the connection',
    (name) => {
      expect(headOf({ headers: ['Host', 'stock', name, 'x'] })).toEqual(pseudo('GET'));
    },
  );

  it('asks for trailers only where they are of use', () => {
    expect(headOf({ trailers: true })).toEqual([...pseudo('GET'), 'te', 'trailers']);
  });

  it('takes blanks off both ends of a value', () => {
    expect(headOf({ headers: ['Host', 'stock', 'X-A', ' \t1 2\t '] })).toEqual([
      ...pseudo('GET'),
      'x-a',
      '1 2',
    ]);
  });

  it('states the length of a body where it is known, and that a POST has none', () => {
    expect(headOf({ method: 'PUT', body: Buffer.from('abc') })).toEqual([
      ...pseudo('PUT'),
      'content-length',
      '3',
    ]);
    expect(headOf({ method: 'POST' })).toEqual([...pseudo('POST'), 'content-length', '0']);
    expect(headOf({ method: 'DELETE' })).toEqual(pseudo('DELETE'));
  });

  it.each<[string, Partial<UpstreamRequest>]>([
    ['a method that is no token', { method: 'GE T' }],
    ['CONNECT', { method: 'CONNECT' }],
    ['a path that is not in origin form', { path: 'http://stock/' }],
    ['a path with a blank', { path: '/a b' }],
    ['userinfo in Host', { headers: ['Host', 'user@stock'] }],
    ['a blank in Host', { headers: ['Host', 'a b'] }],
    ['a pseudo-header field', { headers: ['Host', 'stock', ':path', '/admin'] }],
    ['NUL in a value', { headers: ['Host', 'stock', 'x', 'a\0b'] }],
    ['a line break in a value', { headers: ['Host', 'stock', 'x', 'a\nb'] }],
    ['Content-Length', { headers: ['Host', 'stock', 'Content-Length', '3'] }],
    ['Transfer-Encoding', { headers: ['Host', 'stock', 'Transfer-Encoding', 'chunked'] }],
  ])('refuses %s', (_what, given) => {
    expect(() => headOf(given)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
