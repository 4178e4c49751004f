import { forwarded, get, type Http1Case, head, refused } from './http1-case.js';

const HOST = 'RFC 9112 3.2';
const TARGET = 'RFC 9112 3.2.1';
const ABSOLUTE = 'RFC 9112 3.2.2';
const PATH = 'RFC 3986 3.3';

const withHost = (line: string): string => `GET /c/x HTTP/1.1\r\n${line}\r\n\r\n`;
const target = (text: string): string => head(`GET ${text}`);
const absolute = (text: string, host: string): string => `GET ${text} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** Who is asked, for what, and by which method. */
export const TARGET_CASES: readonly Http1Case[] = [
  refused('no Host', HOST, 'GET /c/x HTTP/1.1\r\nX-A: b\r\n\r\n'),
  refused('two Hosts', HOST, withHost('Host: gateway\r\nHost: other')),
  refused('two equal Hosts', HOST, withHost('Host: gateway\r\nhost: gateway')),
  ...[
    ['an empty Host', ''],
    ['userinfo in Host', 'user@gateway'],
    ['userinfo and password in Host', 'user:pass@gateway'],
    ['a path in Host', 'gateway/c'],
    ['a query in Host', 'gateway?x'],
    ['a fragment in Host', 'gateway#x'],
    ['a scheme in Host', 'http://gateway'],
    ['a list in Host', 'gateway, other'],
    ['a space in Host', 'gate way'],
    ['a backslash in Host', 'gateway\\x'],
    ['a port that is no number', 'gateway:http'],
    ['a port beyond 65535', 'gateway:65536'],
    ['two ports', 'gateway:80:81'],
    ['a bracket that does not close', '[::1'],
    ['nothing in brackets', '[]'],
    ['letters beyond ASCII in Host', 'g\xe4teway'],
    ['quotes in Host', '"gateway"'],
    ['a NUL in Host', 'gate\0way'],
    ['markup in Host', '<gateway>'],
  ].map(([what = '', value = '']) => refused(what, HOST, withHost(`Host: ${value}`))),
  ...[
    'GATEWAY',
    'gateway:8080',
    '127.0.0.1',
    '[::1]',
    '[2001:db8::1]:443',
    'a-b.example.',
    'xn--gteway-bua.example',
  ].map((value) =>
    forwarded(`the Host ${value}`, HOST, withHost(`Host: ${value}`), {
      fields: { 'x-forwarded-host': value, host: /^127\.0\.0\.1:\d+$/ },
    }),
  ),

  forwarded('a path and a query', TARGET, target('/c/a/b?x=1&y=%20'), { target: '/c/a/b?x=1&y=%20' }),
  forwarded('a query alone', TARGET, target('/c/a?'), { target: /* the empty query stays */ '/c/a?' }),
  forwarded('two question marks', TARGET, target('/c/a?b?c'), { target: '/c/a?b?c' }),
  forwarded('a query with what browsers leave unescaped', TARGET, target('/c/a?x[]={|}'), {
    target: '/c/a?x[]={|}',
  }),
  forwarded('every character a segment may hold', PATH, target("/c/-._~!$&'()*+,;=:@"), {
    target: "/c/-._~!$&'()*+,;=:@",
  }),
  forwarded('an escape of a plain letter', 'RFC 3986 6.2.2.2', target('/c/%61'), { target: '/c/a' }),
  forwarded('an escape in lower case', 'RFC 3986 6.2.2.1', target('/c/%c3%a4'), { target: '/c/%C3%A4' }),
  forwarded('an escape of an escape', 'RFC 3986 2.4', target('/c/%252e%252e'), { target: '/c/%252e%252e' }),
  forwarded('an escaped line end stays escaped', 'RFC 9112 11.1', target('/c/x%20HTTP/1.1%0d%0aX:y'), {
    target: '/c/x%20HTTP/1.1%0D%0AX:y',
    fields: { x: undefined },
  }),
  ...[
    ['an empty segment', '/c//x'],
    ['a dot segment', '/c/./x'],
    ['a double dot segment', '/c/../x'],
    ['an escaped double dot segment', '/c/%2e%2e/x'],
    ['a double dot segment with a parameter', '/c/..;/x'],
    ['an escaped slash', '/c/a%2fb'],
    ['an escaped backslash', '/c/a%5Cb'],
    ['an escaped NUL', '/c/a%00'],
    ['a backslash', '/c\\x'],
    ['a broken escape', '/c/%zz'],
    ['a cut escape', '/c/%2'],
    ['an escape that is not UTF-8', '/c/%ff'],
    ['an overlong escape', '/c/%c0%af'],
    ['bytes beyond ASCII', '/c/\xc3\xa4'],
    ['an overlong slash in the raw', '/c/\xc0\xaf'],
    ['braces in the path', '/c/{x}'],
    ['a fragment', '/c/x#y'],
    ['a fragment behind a query', '/c/x?y#z'],
    ['bytes beyond ASCII in the query', '/c/x?\xe4'],
    ['a DEL', '/c/\x7f'],
    ['a control byte', '/c/\x01'],
    ['a NUL', '/c/\0'],
  ].map(([what, path = '']) => refused(`${what} in the target`, PATH, target(path))),
  refused('a target without its slash', TARGET, target('c/x')),
  refused('a target that is a number', TARGET, target('1')),
  refused('a target over the limit', 'RFC 9110 4.1', target(`/c/${'x'.repeat(9_000)}`), 414, {
    connection: 'either',
  }),
  refused('an asterisk for a GET', 'RFC 9112 3.2.4', target('*')),
  refused('an asterisk with a path', 'RFC 9112 3.2.4', head('OPTIONS */c')),
  {
    ...refused(
      'an asterisk for OPTIONS is answered by the gateway',
      'RFC 9110 9.3.7',
      head('OPTIONS *'),
      [200, 204],
    ),
    connection: 'kept',
  },

  forwarded('absolute-form', ABSOLUTE, absolute('http://gateway/c/x?y=1', 'gateway'), {
    target: '/c/x?y=1',
    fields: { 'x-forwarded-host': 'gateway' },
  }),
  forwarded('absolute-form with a port', ABSOLUTE, absolute('http://gateway:8080/c/x', 'gateway:8080'), {
    target: '/c/x',
  }),
  forwarded(
    'absolute-form whose host differs in case',
    'RFC 9110 4.2.3',
    absolute('http://GATEWAY/c/x', 'gateway'),
    { target: '/c/x' },
  ),
  forwarded(
    'absolute-form whose scheme is in capitals',
    'RFC 3986 3.1',
    absolute('HTTP://gateway/c/x', 'gateway'),
    { target: '/c/x' },
  ),
  ...[
    ['another host', 'http://other/c/x', 'gateway'],
    ['another port', 'http://gateway:81/c/x', 'gateway:82'],
    ['an address of the inside', 'http://169.254.169.254/c/x', 'gateway'],
    ['userinfo', 'http://user@gateway/c/x', 'gateway'],
    ['a fragment', 'http://gateway/c/x#y', 'gateway'],
    ['no host', 'http:///c/x', 'gateway'],
    ['one slash', 'http:/c/x', 'gateway'],
    ['dot segments', 'http://gateway/c/../x', 'gateway'],
    ['another scheme', 'ftp://gateway/c/x', 'gateway'],
    ['a file', 'file:///c/x', 'gateway'],
    ['a socket', 'unix:/tmp/x|http://gateway/c/x', 'gateway'],
    ['a backslash', 'http:\\\\gateway/c/x', 'gateway'],
  ].map(([what, uri = '', host = '']) =>
    refused(`absolute-form with ${what}`, ABSOLUTE, absolute(uri, host), [400, 421]),
  ),
  refused('absolute-form without Host', HOST, 'GET http://gateway/c/x HTTP/1.1\r\n\r\n'),
  refused(
    'absolute-form with two Hosts',
    HOST,
    'GET http://gateway/c/x HTTP/1.1\r\nHost: gateway\r\nHost: other\r\n\r\n',
  ),
  refused('authority-form for a GET', 'RFC 9112 3.2.3', target('gateway:80')),
  refused(
    'CONNECT',
    'RFC 9110 9.3.6',
    'CONNECT gateway:80 HTTP/1.1\r\nHost: gateway:80\r\n\r\n',
    [400, 405, 501],
  ),
  refused('CONNECT to a path', 'RFC 9112 3.2.3', head('CONNECT /c/x'), [400, 405, 501]),

  ...['PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) =>
    forwarded(method, 'RFC 9110 9.3', head(`${method} /c/x`), { method }),
  ),
  forwarded('HEAD', 'RFC 9110 9.3.2', head('HEAD /c/x'), { method: 'HEAD' }, { methods: ['HEAD'] }),
  refused('TRACE', 'RFC 9110 9.3.8', head('TRACE /c/x'), [400, 405, 501], { connection: 'either' }),
  refused('a method in lower case', 'RFC 9110 9.1', head('get /c/x'), [400, 405, 501]),
  refused('a method in mixed case', 'RFC 9110 9.1', head('Post /c/x'), [400, 405, 501]),
  refused('a method nobody knows', 'RFC 9110 9.1', head('FETCH /c/x'), [400, 405, 501]),
  refused('a method that is no token', 'RFC 9110 9.1', head('G@T /c/x')),
  refused('a method with a NUL', 'RFC 9110 9.1', head('GE\0T /c/x')),
  refused('no method', 'RFC 9112 3.1', head(' /c/x')),
  {
    ...refused('a method that the route does not take', 'RFC 9110 15.5.6', head('POST /only-get'), 405),
    answers: [{ status: 405, fields: { allow: 'GET, HEAD, OPTIONS' } }],
    connection: 'kept',
  },
  {
    ...refused('OPTIONS that no route takes', 'RFC 9110 9.3.7', head('OPTIONS /only-get'), 204),
    answers: [{ status: [200, 204], fields: { allow: 'GET, HEAD, OPTIONS' } }],
    connection: 'kept',
  },
  forwarded('a method in another field is nothing', 'RFC 9110 9.1', get('X-HTTP-Method-Override: DELETE'), {
    method: 'GET',
    fields: { 'x-http-method-override': undefined },
  }),
];
