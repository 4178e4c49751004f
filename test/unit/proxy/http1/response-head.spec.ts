import { describe, expect, it } from 'vitest';
import { HOP_BY_HOP } from '../../../../src/proxy/hop-by-hop.js';
import type { ResponseHead } from '../../../../src/proxy/http1/response-head.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../../../src/proxy/http1/response-limits.js';
import { HEAD, ResponseParser } from '../../../../src/proxy/http1/response-parser.js';

function headOf(text: string, answersHead = false): ResponseHead {
  const parser = new ResponseParser(RESPONSE_LIMIT_DEFAULTS);
  parser.begin(answersHead);
  const bytes = Buffer.from(text, 'latin1');
  expect(parser.next(bytes, 0, bytes.length)).toBe(HEAD);
  return parser.head as ResponseHead;
}

describe('readHead', () => {
  it('passes end-to-end fields in order, as spelled, without the blanks around values', () => {
    const head = headOf(
      'HTTP/1.1 200 OK\r\nX-One: \t a b \t\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nEmpty:\r\nL1: \xe9\r\n\r\n',
    );

    expect(head.headers).toEqual([
      ...['X-One', 'a b', 'set-cookie', 'a=1', 'Set-Cookie', 'b=2'],
      ...['Empty', '', 'L1', '\xe9'],
    ]);
  });

  it('removes every hop-by-hop field and whatever Connection names', () => {
    const lines = [...HOP_BY_HOP]
      .filter((name) => name !== 'connection' && name !== 'transfer-encoding')
      .map((name) => `${name.toUpperCase()}: x\r\n`)
      .join('');

    const head = headOf(
      `HTTP/1.1 200 OK\r\n${lines}X-Hop: 1\r\nKept: 2\r\nConnection: x-hop, keep-alive\r\nContent-Length: 0\r\n\r\n`,
    );

    expect(head.headers).toEqual(['Kept', '2']);
    expect(head.length).toBe(0);
  });

  it.each([
    ['HTTP/1.1 says nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 closes', 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n', false],
    [
      'close stands among others',
      'HTTP/1.1 200 OK\r\nConnection: x,close\r\nContent-Length: 0\r\n\r\n',
      false,
    ],
    [
      'close and keep-alive contradict',
      'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      false,
    ],
    [
      'an option is not a token',
      'HTTP/1.1 200 OK\r\nConnection: "close"\r\nContent-Length: 0\r\n\r\n',
      false,
    ],
    ['HTTP/1.0 says nothing', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0 keeps alive', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', true],
    ['the body ends with the connection', 'HTTP/1.1 200 OK\r\n\r\n', false],
    [
      'the upstream keeps it for a second',
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n',
      false,
    ],
    ['a 204 announces a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', false],
    ['a 204 is plain', 'HTTP/1.1 204 No Content\r\n\r\n', true],
    ['a 304 tells the length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', true],
  ])('when %s, decides whether the connection may be used again', (_when, text, reusable) => {
    const head = headOf(text);

    expect(head.reusable).toBe(reusable);
  });

  it.each([
    ['timeout=5', 4_000],
    ['timeout=5, max=100', 4_000],
    ['max=100, timeout=30', 29_000],
    ['max=100', Number.POSITIVE_INFINITY],
    ['timeout=x', Number.POSITIVE_INFINITY],
  ])('gives a connection up one second before Keep-Alive: %s', (value, keepAliveMs) => {
    const head = headOf(`HTTP/1.1 200 OK\r\nKeep-Alive: ${value}\r\nContent-Length: 0\r\n\r\n`);

    expect(head.keepAliveMs).toBe(keepAliveMs);
  });
});
