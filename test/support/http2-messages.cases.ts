import { fieldBlock } from './hpack.js';
import { CODE, data, FLAG, headers } from './http2.frames.js';
import { get, PSEUDO, post, postHead, pseudo } from './http2.requests.js';
import { answered, type Http2Case, refused, streamError } from './http2-case.js';
import type { PlainField } from './plain-message.js';

const FIELDS = 'RFC 9113 8.2.1';
const CONNECTION = 'RFC 9113 8.2.2';
const COOKIE = 'RFC 9113 8.2.3';
const PSEUDO_FIELDS = 'RFC 9113 8.3';
const REQUEST = 'RFC 9113 8.3.1';
const MALFORMED = 'RFC 9113 8.1.1';
const TRAILERS = 'RFC 9113 8.1';
const CONNECT = 'RFC 9113 8.5';

const P = [CODE.protocol];
const of = (fields: readonly PlainField[]): readonly Buffer[] => [headers(1, fieldBlock(fields))];
const withPseudo = (other: Readonly<Record<string, string | undefined>>): readonly Buffer[] =>
  of(pseudo(other));
const withTrailers = (...trailers: readonly PlainField[]): readonly Buffer[] => [
  postHead(1, ['trailer', 'x-t']),
  data(1, 'body', 0),
  headers(1, fieldBlock(trailers)),
];
const bad = (
  name: string,
  section: string,
  send: readonly Buffer[],
  more: Partial<Http2Case> = {},
): Http2Case => streamError(name, section, send, P, more);
const upstreamAnswer = (bytes: string, end = false) => ({ upstreamAnswer: { bytes, end } });

/** Requests and answers as HTTP/2 frames them, and what of them is passed on. */
export const MESSAGE_CASES: readonly Http2Case[] = [
  answered(
    'a GET',
    TRAILERS,
    [get(1)],
    {
      method: 'GET',
      target: '/c/x',
      body: '',
      fields: { 'x-forwarded-host': 'gateway', 'x-forwarded-proto': 'http', 'transfer-encoding': undefined },
    },
    { body: 'ok', fields: { 'content-length': '2', connection: undefined } },
  ),
  answered('a HEAD', TRAILERS, withPseudo({ ':method': 'HEAD' }), { method: 'HEAD' }, { body: '' }),
  answered('a path and a query', REQUEST, withPseudo({ ':path': '/c/a/b?x=1&y=%20' }), {
    target: '/c/a/b?x=1&y=%20',
  }),
  answered('a body with its length', MALFORMED, [post(1, 'body', ['content-length', '4'])], {
    body: 'body',
    fields: { 'content-length': '4' },
  }),
  answered('a length of nothing without a body', MALFORMED, [get(1, ['content-length', '0'])], { body: '' }),
  answered('trailers', TRAILERS, withTrailers(['x-t', 'a']), { body: 'body', trailers: { 'x-t': 'a' } }),
  answered('te: trailers', CONNECTION, [get(1, ['te', 'trailers'])]),
  answered('a field twice', 'RFC 9110 5.2', [get(1, ['x-a', 'b'], ['x-a', 'c'])], {
    fields: { 'x-a': 'b, c' },
  }),
  answered('an empty value', FIELDS, [get(1, ['x-a', ''])], { fields: { 'x-a': '' } }),
  answered('a blank, a tab and letters beyond ASCII in a value', FIELDS, [get(1, ['x-a', 'b \t\xe4c'])], {
    fields: { 'x-a': 'b \t\xe4c' },
  }),
  answered(
    'crumbs of a cookie',
    COOKIE,
    [get(1, ['cookie', 'a=b'], ['x-a', 'b'], ['cookie', 'c=d'], ['cookie', 'e=f'])],
    {
      fields: { cookie: 'a=b; c=d; e=f' },
    },
  ),
  answered('a cookie in one piece', COOKIE, [get(1, ['cookie', 'a=b; c=d'])], {
    fields: { cookie: 'a=b; c=d' },
  }),
  answered(
    'Host instead of :authority',
    REQUEST,
    of([...pseudo({ ':authority': undefined }), ['host', 'other']]),
    {
      fields: { 'x-forwarded-host': 'other' },
    },
  ),
  answered('Host and :authority that agree', REQUEST, [get(1, ['host', 'gateway'])], {
    fields: { 'x-forwarded-host': 'gateway' },
  }),
  answered(
    'expect: 100-continue',
    'RFC 9110 10.1.1',
    [postHead(1, ['expect', '100-continue']), data(1, 'body')],
    {
      body: 'body',
    },
  ),
  answered(
    'OPTIONS of the server',
    REQUEST,
    withPseudo({ ':method': 'OPTIONS', ':path': '*' }),
    {},
    {
      status: [200, 204],
    },
    { upstream: 'nothing' },
  ),
  refused(
    'a method that the path does not take',
    'RFC 9110 15.5.6',
    withPseudo({ ':method': 'DELETE', ':path': '/only-get' }),
    405,
  ),
  refused('a path that nobody serves', 'RFC 9110 15.5.5', withPseudo({ ':path': '/nothing' }), 404),
  refused(
    'more fields than a request may have',
    'RFC 6585 5',
    [get(1, ...Array.from({ length: 120 }, (_, i): PlainField => [`x-${i}`, 'a']))],
    431,
    { outcome: { kind: 'stream', codes: [CODE.calm], status: [431] } },
  ),
  refused(
    'more crumbs of a cookie than fields there may be',
    'RFC 9113 10.5.1',
    [get(1, ...Array.from({ length: 120 }, (_, i): PlainField => ['cookie', `a${i}=b`]))],
    431,
    { outcome: { kind: 'stream', codes: [CODE.calm], status: [431] } },
  ),

  bad('a name in upper case', FIELDS, [get(1, ['X-A', 'b'])]),
  ...(
    [
      ['connection', 'close'],
      ['connection', 'x-a'],
      ['proxy-connection', 'keep-alive'],
      ['keep-alive', 'timeout=5'],
      ['transfer-encoding', 'chunked'],
      ['upgrade', 'websocket'],
      ['te', 'gzip'],
      ['te', 'trailers, gzip'],
    ] as const
  ).map(([name, value]) => bad(`${name}: ${value}`, CONNECTION, [get(1, [name, value])])),
  bad(
    'transfer-encoding with a body',
    CONNECTION,
    [post(1, '0\r\n\r\nGET /c/smuggled HTTP/1.1\r\n\r\n', ['transfer-encoding', 'chunked'])],
    { upstream: 'nothing' },
  ),

  bad('a pseudo-header field nobody knows', PSEUDO_FIELDS, of([...PSEUDO, [':x', 'a']])),
  bad('the pseudo-header field of an answer', PSEUDO_FIELDS, of([...PSEUDO, [':status', '200']])),
  bad(
    'a pseudo-header field behind another field',
    PSEUDO_FIELDS,
    of([...pseudo({ ':path': undefined }), ['x-a', 'b'], [':path', '/c/x']]),
  ),
  ...PSEUDO.map(([name, value]) => bad(`${name} twice`, PSEUDO_FIELDS, of([...PSEUDO, [name, value]]))),
  ...[':method', ':scheme', ':path'].map((name) =>
    bad(`no ${name}`, REQUEST, withPseudo({ [name]: undefined })),
  ),
  bad('no pseudo-header field at all', REQUEST, of([['host', 'gateway']])),
  bad('no field at all', REQUEST, [headers(1, Buffer.alloc(0))]),
  bad('an empty :path', REQUEST, withPseudo({ ':path': '' })),
  bad('a :path without its slash', REQUEST, withPseudo({ ':path': 'c/x' })),
  bad('a :path that is a whole URI', REQUEST, withPseudo({ ':path': 'http://other/c/x' })),
  bad('an asterisk for a GET', REQUEST, withPseudo({ ':path': '*' })),
  bad('a blank in :path', REQUEST, withPseudo({ ':path': '/c/x HTTP/1.1' })),
  bad('a line end in :path', REQUEST, withPseudo({ ':path': '/c/x\r\nX-A: b' })),
  bad('a fragment in :path', REQUEST, withPseudo({ ':path': '/c/x#y' })),
  bad('letters beyond ASCII in :path', REQUEST, withPseudo({ ':path': '/c/\xe4' })),
  bad('dot segments in :path', 'RFC 3986 6.2.2.3', withPseudo({ ':path': '/c/../x' })),
  bad('an escaped slash in :path', 'RFC 3986 2.2', withPseudo({ ':path': '/c/a%2fb' })),
  bad('an empty :method', REQUEST, withPseudo({ ':method': '' })),
  bad('a blank in :method', REQUEST, withPseudo({ ':method': 'GET /c/y' })),
  bad('a line end in :method', REQUEST, withPseudo({ ':method': 'GET\r\n' })),
  bad('an empty :scheme', REQUEST, withPseudo({ ':scheme': '' })),
  bad('a blank in :scheme', REQUEST, withPseudo({ ':scheme': 'ht tp' })),
  bad('an empty :authority', REQUEST, withPseudo({ ':authority': '' })),
  bad('userinfo in :authority', REQUEST, withPseudo({ ':authority': 'user@gateway' })),
  bad('a path in :authority', REQUEST, withPseudo({ ':authority': 'gateway/c' })),
  bad('a blank in :authority', REQUEST, withPseudo({ ':authority': 'gate way' })),
  bad('a line end in :authority', REQUEST, withPseudo({ ':authority': 'gateway\r\nX-A: b' })),
  bad('neither :authority nor Host', REQUEST, withPseudo({ ':authority': undefined })),
  bad('Host and :authority that differ', REQUEST, [get(1, ['host', 'other'])]),
  bad('two Hosts', REQUEST, [get(1, ['host', 'gateway'], ['host', 'gateway'])]),

  bad('a body shorter than its length', MALFORMED, [post(1, 'body', ['content-length', '5'])], {
    upstream: 'torso',
  }),
  bad('a length without a body', MALFORMED, [get(1, ['content-length', '1'])]),
  bad('two lengths', MALFORMED, [post(1, 'body', ['content-length', '4'], ['content-length', '4'])]),
  ...['', '4x', '+4', '-1', '0x4', '4,4', '18446744073709551616'].map((value) =>
    bad(`the length ${JSON.stringify(value)}`, MALFORMED, [post(1, 'body', ['content-length', value])]),
  ),
  bad(
    'trailers that do not end the stream',
    TRAILERS,
    [
      postHead(1),
      data(1, 'body', 0),
      headers(1, fieldBlock([['x-t', 'a']]), FLAG.endHeaders),
      data(1, 'more'),
    ],
    { upstream: 'torso' },
  ),
  bad('a pseudo-header field in trailers', TRAILERS, withTrailers(['x-t', 'a'], [':method', 'GET']), {
    upstream: 'torso',
  }),
  bad('a name in upper case in trailers', TRAILERS, withTrailers(['X-T', 'a']), { upstream: 'torso' }),
  bad('transfer-encoding in trailers', TRAILERS, withTrailers(['transfer-encoding', 'chunked']), {
    upstream: 'torso',
  }),
  answered(
    'framing and identity in trailers are not passed on',
    'RFC 9110 6.5.1',
    withTrailers(['x-t', 'a'], ['authorization', 'b'], ['host', 'c']),
    {
      trailers: { 'x-t': 'a', authorization: undefined, host: undefined },
    },
  ),

  streamError(
    'CONNECT',
    CONNECT,
    of([
      [':method', 'CONNECT'],
      [':authority', 'other:443'],
    ]),
    P,
    {
      outcome: {
        kind: 'stream',
        codes: [CODE.protocol, CODE.refused, CODE.connect],
        status: [400, 405, 501],
      },
    },
  ),
  bad('CONNECT with a path', CONNECT, withPseudo({ ':method': 'CONNECT' }), {
    outcome: { kind: 'stream', codes: P, status: [400, 405, 501] },
  }),
  bad('CONNECT without :authority', CONNECT, of([[':method', 'CONNECT']])),
  bad(
    'CONNECT with a :protocol that was not offered',
    'RFC 8441 3',
    withPseudo({ ':method': 'CONNECT', ':protocol': 'websocket' }),
    {
      outcome: { kind: 'stream', codes: P, status: [400, 405, 501] },
    },
  ),
  bad(':protocol without CONNECT', 'RFC 8441 4', withPseudo({ ':protocol': 'websocket' })),

  answered(
    "an upstream's own connection is none of the client's",
    CONNECTION,
    [get(1)],
    {},
    {
      body: 'ok',
      fields: {
        connection: undefined,
        'keep-alive': undefined,
        'transfer-encoding': undefined,
        upgrade: undefined,
        'x-named': undefined,
        'x-kept': 'b',
      },
    },
    upstreamAnswer(
      'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Named\r\nKeep-Alive: timeout=5\r\nX-Named: a\r\nX-Kept: b\r\n' +
        'Upgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ),
  ),
  answered(
    'trailers of an answer',
    TRAILERS,
    [get(1, ['te', 'trailers'])],
    {},
    {
      body: 'ok',
      trailers: { 'x-t': 'a' },
    },
    upstreamAnswer(
      'HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: a\r\n\r\n',
    ),
  ),
  answered(
    'an answer that ends with its connection',
    TRAILERS,
    [get(1)],
    {},
    { body: 'ok' },
    upstreamAnswer('HTTP/1.1 200 OK\r\n\r\nok', true),
  ),
  answered(
    'an answer without content',
    'RFC 9110 15.3.5',
    [get(1)],
    {},
    { status: 204, body: '' },
    upstreamAnswer('HTTP/1.1 204 No Content\r\n\r\n'),
  ),
  answered(
    'an answer that did not change',
    'RFC 9110 15.4.5',
    [get(1)],
    {},
    { status: 304, body: '', fields: { etag: '"a"' } },
    upstreamAnswer('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'),
  ),
  answered(
    'an early hint',
    'RFC 8297 2',
    [get(1)],
    {},
    { status: 200, interim: [103] },
    upstreamAnswer(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ),
  ),
  answered(
    'several cookies of an answer',
    'RFC 6265 3',
    [get(1)],
    {},
    { fields: { 'set-cookie': 'a=b, c=d' } },
    upstreamAnswer('HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 2\r\n\r\nok'),
  ),
  streamError('an answer that breaks off', MALFORMED, [get(1)], [CODE.internal, CODE.cancel], {
    ...upstreamAnswer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', true),
    outcome: { kind: 'stream', codes: [CODE.internal, CODE.cancel], status: [502] },
    upstream: [{}],
  }),
];
