import { describe, expect, it } from 'vitest';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { principalOf } from '../../../../src/contracts/principal.js';
import type { KongHash } from '../../../../src/kong/kong-configuration.js';
import { hashKey } from '../../../../src/kong/plan/hash-key.js';
import { requestOf } from './planned.fixture.js';

const NONE: KongHash = { on: 'none' };
const CONSUMER = { id: 'ann', name: 'ann', customId: undefined, plan: undefined, groups: new Set<string>() };

/** A request with something of everything. */
function request(
  headers: readonly string[] = ['X-Shop', 'a', 'Cookie', 'other=1; sid=abc'],
  query = '?q=2&q=1&e=',
): Exchange {
  const { req, res } = requestOf('/a/7');
  const exchange = new Exchange(
    { ...req, rawHeaders: [...headers] },
    res,
    'GET',
    '/a/7',
    query,
    '192.0.2.1',
    'id',
    0,
    undefined,
  );
  exchange.principal = principalOf({ method: 'key-auth', consumer: CONSUMER, credential: 'k1' });
  exchange.route = {
    id: 'r',
    methods: undefined,
    path: '/',
    paramNames: ['id', '2'],
    handler: '',
    upstream: undefined,
    proxied: true,
    authenticated: true,
  };
  exchange.params = ['7', ''];
  return exchange;
}

describe('what a request is hashed by', () => {
  it.each<[row: string, hash: KongHash, key: string | undefined]>([
    ['§2 hash_on: consumer', { on: 'consumer' }, 'ann'],
    ['§2 hash_on: ip', { on: 'ip' }, '192.0.2.1'],
    ['§2 hash_on: path', { on: 'path' }, '/a/7'],
    ['§2 hash_on: header', { on: 'header', name: 'x-shop' }, 'a'],
    ['§2 hash_on: header, absent', { on: 'header', name: 'x-other' }, undefined],
    ['§2 hash_on: query_arg, several', { on: 'query_arg', name: 'q' }, '1,2'],
    ['§2 hash_on: query_arg, empty', { on: 'query_arg', name: 'e' }, ''],
    ['§2 hash_on: query_arg, absent', { on: 'query_arg', name: 'x' }, undefined],
    ['§2 hash_on: uri_capture', { on: 'uri_capture', name: 'id' }, '7'],
    ['§2 hash_on: uri_capture, of a group that took no part', { on: 'uri_capture', name: '2' }, undefined],
    ['§2 hash_on: cookie', { on: 'cookie', name: 'sid', path: '/' }, 'abc'],
  ])('%s', (_row, hashOn, key) => {
    const exchange = request();

    expect(hashKey({ hashOn, hashFallback: NONE })?.(exchange)).toBe(key);
    expect(exchange.replyHeaders).toEqual([]);
  });

  it('§2 hash_on: none hashes nothing', () => {
    expect(hashKey({ hashOn: NONE, hashFallback: { on: 'ip' } })).toBeUndefined();
  });

  it('§2 hash_fallback: where the first has nothing', () => {
    const keyOf = hashKey({ hashOn: { on: 'header', name: 'x-other' }, hashFallback: { on: 'ip' } });

    expect(keyOf?.(request())).toBe('192.0.2.1');
  });

  it('§2 hash_on: consumer, else the credential, else nothing', () => {
    const keyOf = hashKey({ hashOn: { on: 'consumer' }, hashFallback: NONE });
    const exchange = request();
    exchange.principal = principalOf({ method: 'key-auth', credential: 'k1' });

    expect(keyOf?.(exchange)).toBe('k1');
    exchange.principal = undefined;
    expect(keyOf?.(exchange)).toBeUndefined();
  });

  it('§2 hash_on_cookie: gives a client without one a cookie, once for all attempts', () => {
    const keyOf = hashKey({ hashOn: { on: 'cookie', name: 'sid', path: '/shop' }, hashFallback: NONE });
    const exchange = request([]);

    const key = keyOf?.(exchange);

    expect(key).toMatch(/^[0-9a-f-]{36}$/);
    expect(keyOf?.(exchange)).toBe(key);
    expect(exchange.replyHeaders).toEqual(['Set-Cookie', `sid=${key}; Path=/shop`]);
  });
});
