import { forwarded, get, type Http1Case, head, refused } from './http1-case.js';

const LINE = 'RFC 9112 3';
const ENDS = 'RFC 9112 2.2';
const NAME = 'RFC 9112 5.1';
const VALUE = 'RFC 9110 5.5';
const VERSION = 'RFC 9112 2.3';

const raw = (text: string): string => `GET /c/x HTTP/1.1\r\n${text}`;
const HOST = 'Host: gateway\r\n';

/** Lines, names and values: the grammar of a head. */
export const FIELD_CASES: readonly Http1Case[] = [
  refused('a request line ended by LF', ENDS, `GET /c/x HTTP/1.1\n${HOST}\r\n`),
  refused('a request line ended by CR', ENDS, `GET /c/x HTTP/1.1\r${HOST}\r\n`),
  refused('a field ended by LF', ENDS, raw('Host: gateway\nX-A: b\r\n\r\n')),
  refused('a field ended by CR', ENDS, raw('Host: gateway\rX-A: b\r\n\r\n')),
  refused('a field ended by CR CR LF', ENDS, raw('Host: gateway\r\r\nX-A: b\r\n\r\n')),
  refused('a head ended by LF LF', ENDS, 'GET /c/x HTTP/1.1\nHost: gateway\n\n'),
  refused('a head ended by CRLF LF', ENDS, raw(`${HOST}\n`)),
  refused('a head ended by CRLF CR', ENDS, raw(`${HOST}\rX`)),
  forwarded('an empty line before the request line', ENDS, `\r\n${get()}`, { target: '/c/x' }),
  refused('a space before the request line', ENDS, ` ${get()}`),
  refused('a blank line of spaces before the first field', ENDS, raw(`  \r\n${HOST}\r\n`)),

  // RFC 9112, section 3 lets a recipient split at runs of blanks; what goes on has one space.
  forwarded('two spaces before the target', LINE, head('GET  /c/x'), { target: '/c/x' }),
  forwarded('two spaces before the version', LINE, `GET /c/x  HTTP/1.1\r\n${HOST}\r\n`, { target: '/c/x' }),
  refused('a tab before the target', LINE, head('GET\t/c/x')),
  refused('a space in the target', LINE, head('GET /c/x y')),
  refused('a space behind the version', LINE, `GET /c/x HTTP/1.1 \r\n${HOST}\r\n`),
  refused('something behind the version', LINE, `GET /c/x HTTP/1.1 x\r\n${HOST}\r\n`),
  refused('no target', LINE, `GET HTTP/1.1\r\n${HOST}\r\n`),
  refused('no request at all', LINE, 'hello\r\n\r\n'),
  refused('an answer for a request', LINE, `HTTP/1.1 200 OK\r\n${HOST}\r\n`),
  refused('a TLS handshake', LINE, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  refused('a beginning without an end', LINE, 'GET /c/x HTT', 400, { finish: true }),
  refused('a head without its end', LINE, raw(HOST), 400, { finish: true }),

  refused('no version', VERSION, 'GET /c/x\r\n\r\n'),
  refused('HTTP/0.9 with a version', VERSION, `GET /c/x HTTP/0.9\r\n${HOST}\r\n`, [400, 505]),
  refused('HTTP/1.2', VERSION, `GET /c/x HTTP/1.2\r\n${HOST}\r\n`, [400, 505]),
  refused('HTTP/2.0', VERSION, `GET /c/x HTTP/2.0\r\n${HOST}\r\n`, [400, 505]),
  refused('HTTP/3.0', VERSION, `GET /c/x HTTP/3.0\r\n${HOST}\r\n`, [400, 505]),
  refused('a version of two digits', VERSION, `GET /c/x HTTP/1.10\r\n${HOST}\r\n`, [400, 505]),
  refused('a version without its dot', VERSION, `GET /c/x HTTP/11\r\n${HOST}\r\n`, [400, 505]),
  refused('a version in lower case', VERSION, `GET /c/x http/1.1\r\n${HOST}\r\n`),
  refused('another protocol', VERSION, `GET /c/x ICE/1.0\r\n${HOST}\r\n`),
  forwarded(
    'HTTP/1.0 is answered, and passed on in our own version',
    'RFC 9110 2.5',
    `GET /c/x HTTP/1.0\r\n${HOST}\r\n`,
    {},
    { connection: 'closed' },
  ),
  forwarded(
    'HTTP/1.0 needs no Host',
    'RFC 9112 3.2',
    'GET /c/x HTTP/1.0\r\n\r\n',
    { fields: { host: /^127/ } },
    { connection: 'closed' },
  ),
  refused('HTTP/1.0 with two Hosts', 'RFC 9112 3.2', `GET /c/x HTTP/1.0\r\n${HOST}${HOST}\r\n`),

  refused('a space before a colon', NAME, get('X-A : b')),
  refused('a tab before a colon', NAME, get('X-A\t: b')),
  refused('a space before the first name', NAME, raw(' Host: gateway\r\n\r\n')),
  refused('an empty name', NAME, get(': b')),
  refused('a line without a colon', NAME, get('X-A')),
  ...[
    'X(A)',
    'X A',
    'X@A',
    'X/A',
    'X[A]',
    'X{A}',
    'X"A"',
    'X;A',
    'X,A',
    'X=A',
    'X<A>',
    'X\\A',
    'X?A',
    'X\xe4',
    'X\0A',
    'X\x7fA',
  ].map((name) => refused(`the name ${JSON.stringify(name)}`, 'RFC 9110 5.6.2', get(`${name}: b`))),
  forwarded('a name of every character a token has', 'RFC 9110 5.6.2', get("X!#$%&'*+-.^`|~0aZ: b"), {
    fields: { "x!#$%&'*+-.^`|~0az": 'b' },
  }),
  refused('a value folded with a space', 'RFC 9112 5.2', get('X-A: b\r\n c')),
  refused('a value folded with a tab', 'RFC 9112 5.2', get('X-A: b\r\n\tc')),
  refused(
    'a Content-Length folded away',
    'RFC 9112 5.2',
    `${head('POST /c/x', 'X-A: b\r\n Content-Length: 5')}hello`,
  ),
  ...[
    ['a NUL', '\0'],
    ['a bare CR', '\r'],
    ['a DEL', '\x7f'],
    ['a VT', '\x0b'],
    ['an ESC', '\x1b'],
    ['a backspace', '\x08'],
  ].map(([what, byte]) => refused(`${what} in a value`, VALUE, get(`X-A: a${byte}b`))),
  forwarded('an empty value', VALUE, get('X-A:'), { fields: { 'x-a': '' } }),
  forwarded('a value with blanks around it', VALUE, get('X-A: \t b \t'), { fields: { 'x-a': 'b' } }),
  forwarded('a value with no blank before it', VALUE, get('X-A:b'), { fields: { 'x-a': 'b' } }),
  forwarded('a value with blanks and tabs inside', VALUE, get('X-A: b \t c'), {
    fields: { 'x-a': 'b \t c' },
  }),
  forwarded('a value with colons', VALUE, get('X-A: b:c: d'), { fields: { 'x-a': 'b:c: d' } }),
  forwarded('a value beyond ASCII', VALUE, get('X-A: \xe4\x80\xff'), { fields: { 'x-a': '\xe4\x80\xff' } }),
  forwarded('a field that comes twice', 'RFC 9110 5.3', get('X-A: 1', 'X-B: 2', 'x-a: 3'), {
    fields: { 'x-a': '1, 3', 'x-b': '2' },
  }),
  refused('a field over the limit', 'RFC 9110 5.4', get(`X-A: ${'b'.repeat(20_000)}`), 431),
  refused(
    'too many fields',
    'RFC 9110 5.4',
    get(...Array.from({ length: 150 }, (_, i) => `X-${i}: b`)),
    431,
    {
      connection: 'either',
    },
  ),
];
