import { answered, get, type Http1Case, head } from './http1-case.js';

const FRAMING = 'RFC 9112 6.3';
const CHUNK = 'RFC 9112 7.1';
const STATUS = 'RFC 9110 15';

const say = (status: string, fields: readonly string[] = [], body = ''): string =>
  `HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`;
const BAD = { status: 502 } as const;
/** To a POST: it is never sent again, whatever becomes of its answer. */
const bad = (name: string, section: string, bytes: string, end = false): Http1Case =>
  answered(name, section, bytes, BAD, { end, connection: 'either', send: head('POST /c/x') });

/** What an upstream answers, and what the client sees of it. */
export const ANSWER_CASES: readonly Http1Case[] = [
  answered('a body with its length', FRAMING, say('200 OK', ['Content-Length: 5'], 'hello'), {
    status: 200,
    body: 'hello',
    framing: 'length',
    fields: { 'content-length': '5' },
  }),
  answered('an empty body', FRAMING, say('200 OK', ['Content-Length: 0']), {
    status: 200,
    body: '',
    fields: { 'content-length': '0' },
  }),
  answered(
    'a body in chunks',
    CHUNK,
    say('200 OK', ['Transfer-Encoding: chunked'], '2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n'),
    { status: 200, body: 'hello' },
  ),
  answered(
    'a body that ends with its connection',
    FRAMING,
    say('200 OK', [], 'hello'),
    { status: 200, body: 'hello', framing: 'chunked' },
    { end: true },
  ),
  answered(
    'a body of an HTTP/1.0 upstream',
    'RFC 9110 2.5',
    'HTTP/1.0 200 OK\r\n\r\nhello',
    { status: 200, body: 'hello' },
    { end: true },
  ),
  answered(
    'chunks for an HTTP/1.0 client lose their frames',
    'RFC 9112 7.1',
    say('200 OK', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
    { status: 200, body: 'hello', fields: { 'transfer-encoding': undefined } },
    { send: 'GET /c/x HTTP/1.0\r\nHost: gateway\r\n\r\n', connection: 'closed' },
  ),
  answered(
    'the answer to HEAD keeps its length',
    'RFC 9110 8.6',
    say('200 OK', ['Content-Length: 1234']),
    { status: 200, body: '', fields: { 'content-length': '1234' } },
    { send: head('HEAD /c/x'), methods: ['HEAD'] },
  ),
  answered(
    'the answer to HEAD in chunks',
    'RFC 9112 6.1',
    say('200 OK', ['Transfer-Encoding: chunked']),
    { status: 200, body: '', fields: { 'content-length': undefined } },
    { send: head('HEAD /c/x'), methods: ['HEAD'] },
  ),
  answered('204 has no body', 'RFC 9110 15.3.5', say('204 No Content'), {
    status: 204,
    fields: { 'content-length': undefined, 'transfer-encoding': undefined },
  }),
  answered('304 has no body', 'RFC 9110 15.4.5', say('304 Not Modified', ['ETag: "a"']), {
    status: 304,
    fields: { etag: '"a"', 'transfer-encoding': undefined },
  }),
  answered(
    '304 whose length speaks of the 200',
    'RFC 9110 8.6',
    say('304 Not Modified', ['Content-Length: 99', 'ETag: "a"']),
    { status: 304, fields: { etag: '"a"' } },
  ),
  answered(
    'a body cut before its length',
    'RFC 9112 8',
    say('200 OK', ['Content-Length: 10'], 'hello'),
    'cut',
    { end: true },
  ),
  answered(
    'chunks cut before the last',
    'RFC 9112 8',
    say('200 OK', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n'),
    'cut',
    { end: true },
  ),
  answered(
    'bytes behind the body belong to nobody',
    'RFC 9112 6.3',
    say('200 OK', ['Content-Length: 2'], 'okHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
    { status: 200, body: 'ok' },
  ),

  bad('two lengths that differ', FRAMING, say('200 OK', ['Content-Length: 5', 'Content-Length: 6'], 'hello')),
  bad(
    'a length and chunks',
    'RFC 9112 6.1',
    say('200 OK', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  ),
  bad('a length that is no number', 'RFC 9110 8.6', say('200 OK', ['Content-Length: 0x5'], 'hello')),
  bad(
    'a coding other than chunked',
    'RFC 9112 6.1',
    say('200 OK', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'),
  ),
  bad('chunks in HTTP/1.0', 'RFC 9112 6.1', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  bad('no status line', 'RFC 9112 4', 'hello\r\n\r\n', true),
  bad('another version', 'RFC 9112 2.3', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'),
  bad('a status of two digits', 'RFC 9112 4', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'),
  bad('a line ended by LF', 'RFC 9112 2.2', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'),
  bad('a folded field', 'RFC 9112 5.2', say('200 OK', ['X-A: b\r\n c', 'Content-Length: 0'])),
  bad('a space before a colon', 'RFC 9112 5.1', say('200 OK', ['X-A : b', 'Content-Length: 0'])),
  bad('a NUL in a value', 'RFC 9110 5.5', say('200 OK', ['X-A: a\0b', 'Content-Length: 0'])),
  bad('an upgrade that nobody asked for', 'RFC 9110 15.2.2', say('101 Switching Protocols', ['Upgrade: x'])),
  bad('an end before any byte', 'RFC 9112 8', '', true),
  bad('a head without its end', 'RFC 9112 8', 'HTTP/1.1 200 OK\r\nX-A: b\r\n', true),

  answered(
    'interim answers are not the answer',
    'RFC 9110 15.2',
    say('102 Processing') +
      say('103 Early Hints', ['Link: </a>']) +
      say('200 OK', ['Content-Length: 2'], 'ok'),
    { status: 200, body: 'ok', fields: { link: undefined } },
  ),
  answered('a status beyond those known', STATUS, say('599 Odd', ['Content-Length: 0']), { status: 599 }),
  answered(
    'a redirection is passed on',
    'RFC 9110 15.4',
    say('302 Found', ['Location: http://169.254.169.254/', 'Content-Length: 0']),
    { status: 302, fields: { location: 'http://169.254.169.254/' } },
  ),
  answered(
    'a part of a body',
    'RFC 9110 15.3.7',
    say('206 Partial Content', ['Content-Range: bytes 0-4/10', 'Content-Length: 5'], 'hello'),
    { status: 206, body: 'hello', fields: { 'content-range': 'bytes 0-4/10' } },
  ),
  answered(
    'a range that cannot be had',
    'RFC 9110 15.5.17',
    say('416 Range Not Satisfiable', ['Content-Range: bytes */10', 'Content-Length: 0']),
    { status: 416, fields: { 'content-range': 'bytes */10' } },
  ),
  answered(
    'a challenge is passed on',
    'RFC 9110 11.6.1',
    say('401 Unauthorized', ['WWW-Authenticate: Basic realm="a, b"', 'Content-Length: 0']),
    { status: 401, fields: { 'www-authenticate': 'Basic realm="a, b"' } },
  ),
  answered(
    'a body in a content coding is not touched',
    'RFC 9110 8.4',
    say('200 OK', ['Content-Encoding: gzip', 'ETag: "a"', 'Content-Length: 3'], '\x1f\x8b\xff'),
    { status: 200, body: '\x1f\x8b\xff', fields: { 'content-encoding': 'gzip', etag: '"a"' } },
  ),

  answered(
    'the fields of one hop stay on it',
    'RFC 9110 7.6.1',
    say(
      '200 OK',
      [
        'Connection: X-A',
        'X-A: b',
        'Keep-Alive: timeout=9',
        'Proxy-Connection: x',
        'Upgrade: h2c',
        'Content-Length: 2',
      ],
      'ok',
    ),
    { status: 200, fields: { 'x-a': undefined, 'proxy-connection': undefined, upgrade: undefined } },
  ),
  answered(
    'close of the upstream is not close for the client',
    'RFC 9110 7.6.1',
    say('200 OK', ['Connection: close', 'Content-Length: 2'], 'ok'),
    { status: 200, body: 'ok' },
    { end: true },
  ),
  answered('Date is added where it is missing', 'RFC 9110 6.6.1', say('200 OK', ['Content-Length: 0']), {
    status: 200,
    fields: { date: /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/ },
  }),
  answered(
    'Date of the upstream stands alone',
    'RFC 9110 6.6.1',
    say('200 OK', ['Date: Sat, 29 Oct 1994 19:43:31 GMT', 'Content-Length: 0']),
    { status: 200, fields: { date: 'Sat, 29 Oct 1994 19:43:31 GMT' } },
  ),
  answered(
    'cookies are never joined',
    'RFC 9110 5.3',
    say('200 OK', ['Set-Cookie: a=1', 'Set-Cookie: b=2', 'Content-Length: 0']),
    { status: 200, fields: { 'set-cookie': 'a=1, b=2' } },
  ),
  answered(
    'the fields of a cache pass',
    'RFC 9111 5',
    say('200 OK', [
      'Age: 7',
      'Vary: Accept',
      'Cache-Control: max-age=9',
      'Last-Modified: x',
      'Content-Length: 0',
    ]),
    { status: 200, fields: { age: '7', vary: 'Accept', 'cache-control': 'max-age=9', 'last-modified': 'x' } },
  ),
  answered(
    'a value beyond ASCII passes',
    'RFC 9110 5.5',
    say('200 OK', ['X-A: \xe4\xff', 'Content-Length: 0']),
    { status: 200, fields: { 'x-a': '\xe4\xff' } },
  ),
  answered(
    'a trailer never becomes a field',
    'RFC 9110 6.5',
    say('200 OK', ['Transfer-Encoding: chunked'], '2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n'),
    {
      status: 200,
      body: 'ok',
      fields: { 'x-sum': undefined, 'content-length': /^2$|^$/ },
      trailers: { 'content-length': undefined },
    },
  ),
  answered(
    'an answer that comes with close asked for says close',
    'RFC 9112 9.6',
    say('200 OK', ['Content-Length: 2'], 'ok'),
    { status: 200, fields: { connection: /close/i } },
    { send: get('Connection: close'), connection: 'closed' },
  ),
];
