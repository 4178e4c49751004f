import { forwarded, get, type Http1Case, head, post, refused } from './http1-case.js';

const HOP = 'RFC 9110 7.6.1';
const PERSIST = 'RFC 9112 9.3';
const PIPE = 'RFC 9112 9.3.2';
const UPGRADE = 'RFC 9110 7.8';
const EXPECT = 'RFC 9110 10.1.1';
const COND = 'RFC 9110 13';
const RANGE = 'RFC 9110 14';

const OK = { status: 200, body: 'ok' } as const;
const passes = (section: string, field: string): Http1Case => {
  const colon = field.indexOf(':');
  const fields = { [field.slice(0, colon).toLowerCase()]: field.slice(colon + 2) };
  return forwarded(`the field ${field} passes untouched`, section, get(field), { fields });
};
/** The parser stops behind such a request, so the connection does too. */
const LAST = { connection: 'closed' } as const;
const gone = (section: string, ...fields: readonly string[]): Http1Case =>
  forwarded(`${fields.join(' with ')} stays on its own hop`, section, get(...fields), {
    fields: Object.fromEntries(
      fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), undefined]),
    ),
  });

/** The connection and what speaks to it: persistence, pipelining, hops, upgrades, expectations. */
export const CONNECTION_CASES: readonly Http1Case[] = [
  forwarded('a connection is kept', PERSIST, get()),
  forwarded(
    'close',
    PERSIST,
    get('Connection: close'),
    { fields: { connection: undefined } },
    { connection: 'closed' },
  ),
  forwarded(
    'CLOSE in capitals',
    PERSIST,
    get('Connection: CLOSE'),
    { fields: { connection: undefined } },
    { connection: 'closed' },
  ),
  forwarded('close in a list', PERSIST, get('Connection: X-A, close'), {}, { connection: 'closed' }),
  forwarded(
    'close in a second field',
    PERSIST,
    get('Connection: X-A', 'Connection: close'),
    {},
    { connection: 'closed' },
  ),
  forwarded(
    'keep-alive in HTTP/1.0',
    PERSIST,
    'GET /c/x HTTP/1.0\r\nHost: gateway\r\nConnection: keep-alive\r\n\r\n',
    {},
    { connection: 'either' },
  ),
  {
    ...forwarded('two requests at once', PIPE, get() + head('GET /c/y')),
    answers: [OK, OK],
    upstream: [{ target: '/c/x' }, { target: '/c/y' }],
  },
  {
    ...forwarded(
      'a body and a request behind it',
      PIPE,
      post('Content-Length: 5', 'hello') + head('GET /c/y'),
    ),
    answers: [OK, OK],
    upstream: [{ body: 'hello' }, { target: '/c/y', body: '' }],
  },
  {
    ...forwarded(
      'chunks and a request behind them',
      PIPE,
      post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n') + head('GET /c/y'),
    ),
    answers: [OK, OK],
    upstream: [{ body: 'hello' }, { target: '/c/y', body: '' }],
  },
  {
    ...forwarded('a HEAD and a GET behind it', PIPE, head('HEAD /c/x') + head('GET /c/y')),
    answers: [{ status: 200, body: '' }, OK],
    methods: ['HEAD', 'GET'],
    upstream: [{ method: 'HEAD' }, { method: 'GET', target: '/c/y' }],
  },
  {
    ...forwarded('an empty line between two requests', 'RFC 9112 2.2', `${get()}\r\n${head('GET /c/y')}`),
    answers: [OK, OK],
    upstream: [{ target: '/c/x' }, { target: '/c/y' }],
  },
  {
    ...forwarded(
      'nothing is served behind close',
      'RFC 9112 9.6',
      get('Connection: close') + head('GET /c/y'),
    ),
    connection: 'closed',
  },
  refused(
    'nothing is served behind a refused request',
    'RFC 9112 11.2',
    post('Content-Length: 5, 5', 'hello') + get(),
  ),
  refused('nothing is served behind a target that is refused', 'RFC 9112 11.2', head('GET /c/../x') + get()),

  gone(HOP, 'Keep-Alive: timeout=5'),
  gone(HOP, 'Proxy-Connection: keep-alive'),
  gone(HOP, 'TE: gzip;q=0.5'),
  forwarded(
    'TE: trailers is said anew, for the hop of the gateway',
    'RFC 9110 10.1.4',
    get('Connection: TE', 'TE: trailers, gzip'),
    {
      fields: { te: 'trailers', connection: 'TE' },
    },
  ),
  gone(HOP, 'Connection: X-A', 'X-A: b'),
  gone(HOP, 'Connection: x-a,X-B , X-C', 'X-A: 1', 'X-B: 2', 'X-C: 3'),
  gone(HOP, 'Connection: keep-alive, X-A', 'X-A: b'),
  gone('RFC 9110 11.7.2', 'Proxy-Authorization: Basic eDp5'),
  gone(UPGRADE, 'Upgrade: h2c'),
  {
    ...gone(
      'RFC 7540 3.2.1',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ),
    ...LAST,
  },
  { ...gone(UPGRADE, 'Connection: Upgrade', 'Upgrade: TLS/1.0'), ...LAST },
  forwarded('Connection cannot take Host away', HOP, get('Connection: Host'), {
    fields: { host: /^127/, 'x-forwarded-host': 'gateway' },
  }),
  forwarded(
    'Connection cannot take away what the gateway writes',
    HOP,
    get('Connection: Via, X-Forwarded-For, X-Correlation-ID'),
    {
      fields: { via: /1\.1 portcullis$/, 'x-forwarded-for': '127.0.0.1', 'x-correlation-id': /./ },
    },
  ),
  forwarded(
    'Connection cannot take Content-Length away',
    HOP,
    post('Connection: Content-Length\r\nContent-Length: 5', 'hello'),
    {
      body: 'hello',
      fields: { 'content-length': '5' },
    },
  ),
  forwarded(
    'Connection cannot take Transfer-Encoding away',
    HOP,
    post('Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'),
    {
      body: 'hello',
    },
  ),
  refused(
    'an upgrade with a body',
    UPGRADE,
    post('Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5', 'hello'),
  ),
  refused(
    'an upgrade with chunks',
    UPGRADE,
    post('Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  ),
  forwarded(
    'an upgrade in HTTP/1.0 is ignored',
    UPGRADE,
    'GET /c/x HTTP/1.0\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    { fields: { upgrade: undefined } },
    { connection: 'closed' },
  ),
  {
    ...forwarded(
      'nothing is served behind a request that asks for an upgrade',
      UPGRADE,
      get('Connection: Upgrade', 'Upgrade: h2c') + head('GET /c/y'),
    ),
    ...LAST,
  },

  forwarded('100-continue', EXPECT, post('Expect: 100-continue\r\nContent-Length: 5', 'hello'), {
    body: 'hello',
  }),
  forwarded(
    '100-Continue in mixed case',
    EXPECT,
    post('Expect: 100-Continue\r\nContent-Length: 5', 'hello'),
    { body: 'hello' },
  ),
  forwarded(
    '100-continue with chunks',
    EXPECT,
    post('Expect: 100-continue\r\nTransfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'),
    {
      body: 'hello',
    },
  ),
  forwarded(
    '100-continue without a body',
    EXPECT,
    get('Expect: 100-continue'),
    { body: '' },
    { connection: 'either' },
  ),
  forwarded(
    '100-continue in HTTP/1.0 is ignored',
    EXPECT,
    'POST /c/x HTTP/1.0\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
    { body: 'hello' },
    { connection: 'closed' },
  ),
  ...['200-ok', 'y 100-continue', '100-continue, other', '100-continue;q=1', 'x'].map((value) =>
    refused(
      `the expectation ${value}`,
      EXPECT,
      post(`Expect: ${value}\r\nContent-Length: 5`, 'hello'),
      [400, 417],
    ),
  ),
  {
    ...refused(
      '100-continue for a path that no route has',
      EXPECT,
      `${head('POST /nowhere', 'Expect: 100-continue', 'Content-Length: 5')}hello`,
      404,
    ),
    connection: 'either',
  },

  passes(RANGE, 'Range: bytes=0-4,-1'),
  passes(RANGE, 'If-Range: "a"'),
  passes(COND, 'If-None-Match: W/"a", "b"'),
  passes(COND, 'If-Match: *'),
  passes(COND, 'If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT'),
  passes(COND, 'If-Unmodified-Since: yesterday'),
  passes('RFC 9110 12.5', 'Accept-Encoding: gzip;q=0.5, *;q=0'),
  passes('RFC 9110 12.5', 'Accept: text/html;level=1, */*;q=0.1'),
  passes('RFC 9111 5.2', 'Cache-Control: no-cache, x="y"'),
  passes('RFC 9110 8.4', 'Content-Encoding: br'),
  passes('RFC 9110 10.1.5', 'User-Agent: a/1.0 (b; c)'),
  passes('RFC 9110 6.6.1', 'Date: Sat, 29 Oct 1994 19:43:31 GMT'),
  passes('RFC 6265 4.2', 'Cookie: a=b; c="d"'),
  passes('RFC 9110 7.6.2', 'Max-Forwards: 0'),
  forwarded(
    'Max-Forwards of OPTIONS counts down',
    'RFC 9110 7.6.2',
    head('OPTIONS /c/x', 'Max-Forwards: 5'),
    {
      fields: { 'max-forwards': '4' },
    },
  ),
  {
    ...refused(
      'OPTIONS whose Max-Forwards is used up is answered here',
      'RFC 9110 7.6.2',
      head('OPTIONS /c/x', 'Max-Forwards: 0'),
      [200, 204],
    ),
    connection: 'kept',
  },
  forwarded('Via names the gateway and the version it heard', 'RFC 9110 7.6.3', get(), {
    fields: { via: '1.1 portcullis' },
  }),
  forwarded(
    'Via of an HTTP/1.0 request says so',
    'RFC 9110 7.6.3',
    'GET /c/x HTTP/1.0\r\nHost: gateway\r\n\r\n',
    { fields: { via: '1.0 portcullis' } },
    { connection: 'closed' },
  ),
  forwarded('Via ends with the gateway, whoever stands before it', 'RFC 9110 7.6.3', get('Via: 1.0 fred'), {
    fields: { via: /(^|, )1\.1 portcullis$/ },
  }),
];
