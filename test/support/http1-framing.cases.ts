import { forwarded, get, type Http1Case, head, post, refused } from './http1-case.js';

const length = (value: string, body = 'hello'): string => post(`Content-Length: ${value}`, body);
const coded = (value: string): string => post(`Transfer-Encoding: ${value}`, '5\r\nhello\r\n0\r\n\r\n');
const chunked = (body: string): string => post('Transfer-Encoding: chunked', body);
const both = (...fields: readonly string[]): string =>
  `${head('POST /c/x', ...fields)}5\r\nhello\r\n0\r\n\r\n`;
const HELLO = { method: 'POST', body: 'hello' };
const CL = 'RFC 9110 8.6';
const BODY = 'RFC 9112 6.3';
const TE = 'RFC 9112 6.1';
const CHUNK = 'RFC 9112 7.1';

/** How the end of a message is said, and every way to say it that could be read as two. */
export const FRAMING_CASES: readonly Http1Case[] = [
  forwarded('a Content-Length', CL, length('5'), { ...HELLO, fields: { 'content-length': '5' } }),
  forwarded('a Content-Length of zero', CL, post('Content-Length: 0', ''), {
    body: '',
    fields: { 'content-length': '0' },
  }),
  forwarded('a Content-Length with leading zeros', CL, length('005'), HELLO),
  forwarded('a POST that states no length has none', BODY, head('POST /c/x'), {
    body: '',
    fields: { 'content-length': '0', 'transfer-encoding': undefined },
  }),
  forwarded('a GET that states no length has none', BODY, get(), {
    body: '',
    fields: { 'content-length': undefined, 'transfer-encoding': undefined },
  }),
  ...['GET', 'DELETE', 'OPTIONS'].map((method) =>
    forwarded(`a ${method} with a body`, BODY, `${head(`${method} /c/x`, 'Content-Length: 5')}hello`, {
      method,
      body: 'hello',
    }),
  ),
  forwarded(
    'a HEAD with a body',
    BODY,
    `${head('HEAD /c/x', 'Content-Length: 5')}hello`,
    { body: 'hello' },
    { methods: ['HEAD'] },
  ),
  forwarded(
    'a body that looks like a request',
    BODY,
    length('38', 'GET /c/inner HTTP/1.1\r\nHost: inner\r\n\r\n'),
    {
      body: 'GET /c/inner HTTP/1.1\r\nHost: inner\r\n\r\n',
    },
  ),
  forwarded('a body of every byte', BODY, length('256', bytes(256)), { body: bytes(256) }),

  refused('a Content-Length twice, different', BODY, post('Content-Length: 5\r\nContent-Length: 6', 'hello')),
  refused('a Content-Length twice, equal', BODY, post('Content-Length: 5\r\nContent-Length: 5', 'hello')),
  refused(
    'an empty Content-Length beside a real one',
    BODY,
    post('Content-Length:\r\nContent-Length: 5', 'hello'),
  ),
  ...[
    '5, 5',
    '5, 6',
    '',
    '+5',
    '-5',
    '-0',
    '0x5',
    '5.0',
    '5e0',
    '1_0',
    '5 5',
    '"5"',
    '5,',
    '5;x',
    '9'.repeat(20),
    '5\tx',
    '\xb5',
  ].map((value) => refused(`the Content-Length ${JSON.stringify(value)}`, CL, length(value))),
  refused('a space before the colon of Content-Length', 'RFC 9112 5.1', post('Content-Length : 5', 'hello')),
  refused('a body that ends before its length', BODY, length('10'), 400, { finish: true, upstream: 'torso' }),

  refused(
    'Content-Length before Transfer-Encoding',
    TE,
    both('Content-Length: 5', 'Transfer-Encoding: chunked'),
  ),
  refused(
    'Transfer-Encoding before Content-Length',
    TE,
    both('Transfer-Encoding: chunked', 'Content-Length: 5'),
  ),
  refused('Transfer-Encoding twice', TE, both('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')),
  refused(
    'identity behind chunked in a second field',
    TE,
    both('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'),
  ),
  ...[
    'gzip',
    'gzip, chunked',
    'chunked, gzip',
    'identity',
    'chunked, identity',
    'chunked, chunked',
    ', chunked',
    'chunked,',
    'xchunked',
    'chunkedx',
    'chunked;q=1',
    '"chunked"',
    '',
    '\x0bchunked',
    'chu nked',
    'chunked\xa0',
  ].map((value) => refused(`the Transfer-Encoding ${JSON.stringify(value)}`, TE, coded(value), [400, 501])),
  refused('Transfer-Encoding in HTTP/1.0', TE, coded('chunked').replace('HTTP/1.1', 'HTTP/1.0')),
  refused(
    'a space before the colon of Transfer-Encoding',
    'RFC 9112 5.1',
    post('Transfer-Encoding : chunked', '0\r\n\r\n'),
  ),
  refused(
    'a tab before the colon of Transfer-Encoding',
    'RFC 9112 5.1',
    post('Transfer-Encoding\t: chunked', '0\r\n\r\n'),
  ),
  forwarded('Transfer-Encoding in capitals', TE, coded('CHUNKED'), HELLO),
  forwarded('Transfer-Encoding with blanks before it', 'RFC 9112 5.1', coded('\t chunked'), HELLO),

  forwarded('chunks', CHUNK, chunked('2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'), {
    ...HELLO,
    fields: { 'transfer-encoding': 'chunked', 'content-length': undefined },
  }),
  forwarded('no chunk but the last', CHUNK, chunked('0\r\n\r\n'), { body: '' }),
  forwarded('a last chunk of many zeros', CHUNK, chunked('5\r\nhello\r\n000\r\n\r\n'), HELLO),
  forwarded(
    'a chunk size in letters of both cases',
    CHUNK,
    chunked(`aA\r\n${'x'.repeat(170)}\r\n0\r\n\r\n`),
    {
      body: 'x'.repeat(170),
    },
  ),
  forwarded('a chunk size with leading zeros', CHUNK, chunked('0005\r\nhello\r\n0\r\n\r\n'), HELLO),
  forwarded('a GET in chunks', CHUNK, `${get('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, {
    method: 'GET',
    body: 'hello',
  }),
  forwarded('a chunk that holds line ends', CHUNK, chunked('5\r\n\r\n0\r\n\r\n0\r\n\r\n'), {
    body: '\r\n0\r\n',
  }),
  forwarded('a chunk extension', 'RFC 9112 7.1.1', chunked('5;a=b\r\nhello\r\n0\r\n\r\n'), HELLO),
  forwarded(
    'a quoted chunk extension',
    'RFC 9112 7.1.1',
    chunked('5;a="b;c"\r\nhello\r\n0;last\r\n\r\n'),
    HELLO,
  ),
  ...[
    ['in C notation', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['with a plus', '+5\r\nhello\r\n0\r\n\r\n'],
    ['with a minus', '-5\r\nhello\r\n0\r\n\r\n'],
    ['with an underscore', '0_5\r\nhello\r\n0\r\n\r\n'],
    ['of 17 digits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['with a letter beyond F', '5g\r\nhello\r\n0\r\n\r\n'],
    ['that is empty', '\r\nhello\r\n0\r\n\r\n'],
    ['that is only an extension', ';a=b\r\nhello\r\n0\r\n\r\n'],
    ['with a space before it', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['with a space behind it', '5 \r\nhello\r\n0\r\n\r\n'],
    ['with a tab behind it', '5\t\r\nhello\r\n0\r\n\r\n'],
    ['ended by LF', '5\nhello\r\n0\r\n\r\n'],
    ['ended by CR', '5\rhello\r\n0\r\n\r\n'],
    ['less than the chunk', '4\r\nhello\r\n0\r\n\r\n'],
    ['more than the chunk', '6\r\nhello\r\n0\r\n\r\n'],
  ].map(([what, body = '']) =>
    refused(`a chunk size ${what}`, CHUNK, chunked(body), 400, { upstream: 'torso' }),
  ),
  refused('a chunk ended by LF', CHUNK, chunked('5\r\nhello\n0\r\n\r\n'), 400, { upstream: 'torso' }),
  refused('an LF in a chunk extension', 'RFC 9112 7.1.1', chunked('2;\nxx\r\nhe\r\n0\r\n\r\n'), 400, {
    upstream: 'torso',
  }),
  refused('a CR in a chunk extension', 'RFC 9112 7.1.1', chunked('2;a\rb\r\nhe\r\n0\r\n\r\n'), 400, {
    upstream: 'torso',
  }),
  refused('a NUL in a chunk extension', 'RFC 9112 7.1.1', chunked('2;a\0b\r\nhe\r\n0\r\n\r\n'), 400, {
    upstream: 'torso',
  }),
  refused('extensions without end', 'RFC 9112 7.1.1', chunked(`5;${'a'.repeat(40_000)}`), [400, 413], {
    upstream: 'torso',
  }),
  refused('a last chunk ended by LF', CHUNK, chunked('5\r\nhello\r\n0\n\r\n'), 400, { upstream: 'torso' }),
  refused('no empty line behind the last chunk', CHUNK, chunked('5\r\nhello\r\n0\r\n'), 400, {
    finish: true,
    upstream: 'torso',
  }),
  refused('no last chunk', CHUNK, chunked('5\r\nhello\r\n'), 400, { finish: true, upstream: 'torso' }),

  forwarded('a trailer never becomes a field', 'RFC 9110 6.5', trailed('X-Sum: 1'), {
    ...HELLO,
    fields: { 'x-sum': undefined },
  }),
  ...[
    'Authorization: Bearer x',
    'X-Forwarded-For: 10.0.0.1',
    'X-Consumer-ID: root',
    'Cookie: a=b',
    'Host: other',
  ].map((field) => {
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    const inHead: Readonly<Record<string, string | RegExp>> = {
      'x-forwarded-for': '127.0.0.1',
      host: /^127/,
    };
    return forwarded(`the trailer ${field} reaches nobody`, 'RFC 9110 6.5.1', trailed(field), {
      ...HELLO,
      fields: { [name]: inHead[name] },
      trailers: { [name]: undefined },
    });
  }),
  ...['Content-Length: 3', 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'].map((field) =>
    refused(`the trailer ${field} frames once more`, 'RFC 9110 6.5.1', trailed(field), 400, {
      upstream: 'torso',
    }),
  ),
  refused('a trailer with a space before its colon', 'RFC 9112 7.1.2', trailed('X-Sum : 1'), 400, {
    upstream: 'torso',
  }),
  refused('a folded trailer', 'RFC 9112 5.2', trailed('X-Sum: 1\r\n 2'), 400, { upstream: 'torso' }),
  refused('a trailer ended by LF', 'RFC 9112 2.2', trailed('X-Sum: 1\nX-More: 2'), 400, {
    upstream: 'torso',
  }),
  refused('a trailer without a colon', 'RFC 9112 7.1.2', trailed('X-Sum'), 400, { upstream: 'torso' }),
];

function trailed(line: string): string {
  return chunked(`5\r\nhello\r\n0\r\n${line}\r\n\r\n`);
}

function bytes(count: number): string {
  return Buffer.from(Uint8Array.from({ length: count }, (_, byte) => byte)).toString('latin1');
}
