/** Bytes that make careless readers disagree about where a request ends. */
export interface DesyncCase {
  readonly name: string;
  readonly bytes: string;
  /** Sent in a segment of its own behind them. */
  readonly behind?: string;
}

/** What a payload tries to bring past the gateway. */
const INNER = 'GET /c/inner HTTP/1.1\r\nHost: gateway\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked';
const LAST_CHUNK = '0\r\n\r\n';
const ONE_CHUNK = `${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`;

const request = (line: string, fields: readonly string[], body = ''): string =>
  `${line} HTTP/1.1\r\nHost: gateway\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`;
const post = (fields: readonly string[], body: string): string => request('POST /c/x', fields, body);
const show = (text: string): string => JSON.stringify(text).replaceAll('\\u00', '\\x');

/** The length that covers a whole body, and one that covers none of it. */
const full = (body: string): string => `Content-Length: ${body.length}`;

/** Two framings at once, either of them true. */
const TWO_FRAMINGS: readonly DesyncCase[] = [
  { name: 'CL.TE', bytes: post([full(LAST_CHUNK + INNER), CHUNKED], LAST_CHUNK + INNER) },
  { name: 'CL.TE, the coding first', bytes: post([CHUNKED, full(LAST_CHUNK + INNER)], LAST_CHUNK + INNER) },
  { name: 'CL.TE with one letter left over', bytes: post(['Content-Length: 6', CHUNKED], `${LAST_CHUNK}G`) },
  { name: 'TE.CL', bytes: post(['Content-Length: 4', CHUNKED], ONE_CHUNK) },
  { name: 'TE.CL, the length last', bytes: post([CHUNKED, 'Content-Length: 4'], ONE_CHUNK) },
  { name: 'a length of zero beside chunks', bytes: post(['Content-Length: 0', CHUNKED], ONE_CHUNK) },
  {
    name: 'chunks for a GET with a length',
    bytes: request('GET /c/x', [CHUNKED, 'Content-Length: 0'], ONE_CHUNK),
  },
  { name: 'chunks in HTTP/1.0', bytes: post([CHUNKED], ONE_CHUNK).replace('HTTP/1.1', 'HTTP/1.0') },
  {
    name: 'chunks in HTTP/1.0 that is to be kept',
    bytes: post(['Connection: keep-alive', CHUNKED], LAST_CHUNK + INNER).replace('HTTP/1.1', 'HTTP/1.0'),
  },
  { name: 'a length named by Connection', bytes: post(['Connection: Content-Length', full(INNER)], INNER) },
  {
    name: 'a coding named by Connection',
    bytes: post(['Connection: Transfer-Encoding', CHUNKED], ONE_CHUNK),
  },
];

/** A coding that one reader knows and another does not, before a body that is chunked and has the length as well. */
const HIDDEN_CODINGS: readonly DesyncCase[] = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: chunked\x0b',
  'Transfer-Encoding: chunked\x0c',
  'Transfer-Encoding: ch\0unked',
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked;ext',
  'Transfer-Encoding: chunk',
  'Transfer-Encoding: CHUNKED',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: cow',
  'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding: chunked\r\n , identity',
  ' Transfer-Encoding: chunked',
  'X-A: b\nTransfer-Encoding: chunked',
  'X-A: b\rTransfer-Encoding: chunked',
  'X-A: b\r\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding\n: chunked',
  '\0Transfer-Encoding: chunked',
  'Transfer-Encoding\xa0: chunked',
  'Transfer-Encoding: \xa0chunked',
  'Transfer_Encoding: chunked',
  'Transfer-Encod\xefng: chunked',
  'Transfer-Encoding chunked',
].map((line) => ({
  name: `TE.TE ${show(line)}`,
  bytes: post([full(LAST_CHUNK + INNER), line], LAST_CHUNK + INNER),
}));

/** A length that one reader knows and another does not, before a body that is a request. */
const HIDDEN_LENGTHS: readonly DesyncCase[] = [
  `Content-Length : ${INNER.length}`,
  ` Content-Length: ${INNER.length}`,
  `Content-Length:\r\n ${INNER.length}`,
  `Content_Length: ${INNER.length}`,
  `Content-Length\0: ${INNER.length}`,
  `Content-Length: ${INNER.length}\x0b`,
  `Content-Length: +${INNER.length}`,
  `Content-Length: -${INNER.length}`,
  `Content-Length: 0x${INNER.length.toString(16)}`,
  `Content-Length: ${INNER.length}.0`,
  `Content-Length: ${INNER.length}, 0`,
  `Content-Length: ${INNER.length};`,
  `Content-Length: ${INNER.length} 0`,
  `Content-Length: "${INNER.length}"`,
  `Content-Length: 0\r\nContent-Length: ${INNER.length}`,
  `Content-Length: ${INNER.length}\r\nContent-Length: 0`,
  `Content-Length:\r\nContent-Length: ${INNER.length}`,
  `Content-Length: ${INNER.length}\r\ncontent-length: ${INNER.length}`,
  `Content-Length: 000${INNER.length}`,
  `Content-Length: ${2n ** 64n + BigInt(INNER.length)}`,
  `X-A: b\nContent-Length: ${INNER.length}`,
  `X-A: b\rContent-Length: ${INNER.length}`,
  `X-A: b\r\n\tContent-Length: ${INNER.length}`,
].map((line) => ({ name: `0.CL ${show(line)}`, bytes: post([line], INNER) }));

/** A body where some readers expect none. */
const UNEXPECTED_BODIES: readonly DesyncCase[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].flatMap(
  (method) => [
    { name: `CL.0 ${method}`, bytes: request(`${method} /c/x`, [full(INNER)], INNER) },
    { name: `TE.0 ${method}`, bytes: request(`${method} /c/x`, [CHUNKED], ONE_CHUNK) },
  ],
);

/** Chunks whose size, end or extension can be read in two ways. */
const CHUNKS: readonly DesyncCase[] = [
  ['a size in C notation', `0x${ONE_CHUNK}`],
  ['a size with a plus', `+${ONE_CHUNK}`],
  ['a size with a minus', `-${ONE_CHUNK}`],
  ['a size with a space before it', ` ${ONE_CHUNK}`],
  ['a size with a NUL behind it', `0\0\r\n\r\n${INNER}`],
  ['a size that runs over 64 bits', `1000000000000000${ONE_CHUNK}`],
  ['the largest size', `ffffffffffffffff\r\n${INNER}`],
  ['a size with an underscore', `0_${ONE_CHUNK}`],
  ['an empty size', `\r\n${INNER}`],
  ['an LF behind the size', `5\nhello\r\n${LAST_CHUNK}${INNER}`],
  ['a CR behind the size', `5\rhello\r\n${LAST_CHUNK}${INNER}`],
  ['an LF in an extension', `5;\nhello\r\n${LAST_CHUNK}${INNER}`],
  ['a CR in an extension', `5;\rhello\r\n${LAST_CHUNK}${INNER}`],
  ['a request in an extension', `5;a="${INNER}"\r\nhello\r\n${LAST_CHUNK}`],
  ['a chunk ended by two other bytes', `5\r\nhelloXX0\r\n\r\n${INNER}`],
  ['a chunk ended by LF', `5\r\nhello\n${LAST_CHUNK}${INNER}`],
  ['a chunk without an end', `5\r\nhello${LAST_CHUNK}${INNER}`],
  ['a size too small', `2\r\nhello\r\n${LAST_CHUNK}${INNER}`],
  ['a last chunk ended by LF', `0\n\n${INNER}`],
  ['a last chunk without its empty line', `0\r\n${INNER}`],
  ['a request in the trailers', `0\r\n${INNER.replace('\r\n', ': x\r\n')}`],
  ['a length in the trailers', `0\r\n${full(INNER)}\r\n\r\n${INNER}`],
  ['a coding in the trailers', `0\r\n${CHUNKED}\r\n\r\n${ONE_CHUNK}`],
  ['a folded trailer', `0\r\nX-A: b\r\n ${INNER}`],
].map(([what, body = '']) => ({ name: `chunks with ${what}`, bytes: post([CHUNKED], body) }));

/** Heads whose end can be seen in two places. */
const LINE_ENDS: readonly DesyncCase[] = [
  { name: 'LF for every line end', bytes: request('GET /c/x', ['X-A: b'], INNER).replaceAll('\r\n', '\n') },
  { name: 'CR for every line end', bytes: request('GET /c/x', ['X-A: b'], INNER).replaceAll('\r\n', '\r') },
  { name: 'an LF LF inside a value', bytes: request('GET /c/x', [`X-A: b\n\n${INNER}`]) },
  { name: 'a CR CR inside a value', bytes: request('GET /c/x', [`X-A: b\r\r${INNER}`]) },
  { name: 'a NUL before the line end', bytes: request('GET /c/x', [`X-A: b\0\r\n\r\n${INNER}`]) },
  { name: 'a request behind an LF in a name', bytes: request('GET /c/x', [`X\n\n${INNER}`]) },
  { name: 'a head that ends CR LF CR', bytes: `GET /c/x HTTP/1.1\r\nHost: gateway\r\n\r${INNER}` },
  { name: 'a head that ends LF CR LF', bytes: `GET /c/x HTTP/1.1\r\nHost: gateway\n\r\n${INNER}` },
  { name: 'a request inside a folded value', bytes: request('GET /c/x', [`X-A: b\r\n ${INNER}`]) },
  { name: 'a line without a colon', bytes: request('GET /c/x', ['X-A'], INNER) },
  { name: 'an empty name', bytes: request('GET /c/x', [': b'], INNER) },
];

/** Request lines, Hosts and expectations that lie about what follows. */
const HEADS: readonly DesyncCase[] = [
  { name: 'two versions', bytes: request('GET /c/x HTTP/1.1', [], INNER) },
  {
    name: 'an escaped line end in the target',
    bytes: request('GET /c/x%20HTTP/1.1%0d%0aHost:%20x%0d%0a%0d%0a', []),
  },
  { name: 'a request in the query', bytes: `GET /c/x?${INNER}` },
  { name: 'HTTP/0.9', bytes: `GET /c/x\r\n\r\n${INNER}` },
  { name: 'HTTP/2.0', bytes: request('GET /c/x', [], INNER).replace('HTTP/1.1', 'HTTP/2.0') },
  { name: 'two Hosts', bytes: request('GET /c/x', ['Host: other'], INNER) },
  { name: 'a second Host folded away', bytes: request('GET /c/x', ['X-A: b\r\n Host: other'], INNER) },
  { name: 'a request in Host', bytes: `GET /c/x HTTP/1.1\r\nHost: gateway\n\n${INNER}` },
  { name: 'an absolute-form of somebody else', bytes: request('GET http://other/c/x', [], INNER) },
  { name: 'an absolute-form with a space', bytes: request('GET http://gateway/ /c/x', [], INNER) },
  { name: 'an asterisk', bytes: request('GET *', [], INNER) },
  { name: 'CONNECT with a request behind it', bytes: request('CONNECT gateway:80', [], INNER) },
  { name: 'CONNECT with a body', bytes: request('CONNECT gateway:80', [full(INNER)], INNER) },
  {
    name: 'an upgrade with a request behind it',
    bytes: request('GET /c/x', ['Connection: Upgrade', 'Upgrade: websocket'], INNER),
  },
  {
    name: 'an upgrade with a body',
    bytes: request('GET /c/x', ['Connection: Upgrade', 'Upgrade: h2c', full(INNER)], INNER),
  },
  {
    name: 'an upgrade with chunks',
    bytes: post(['Connection: Upgrade', 'Upgrade: h2c', CHUNKED], ONE_CHUNK),
  },
  {
    name: 'an upgrade, and the next read in the middle of a field',
    bytes: `${request('GET /c/x', ['Connection: Upgrade', 'Upgrade: h2c'])}GET /c/y HTTP/1.1\r\nHost: gateway\r\nX-A: `,
    behind: INNER,
  },
  {
    name: 'a head in two reads, the second a request of its own',
    bytes: 'GET /c/x HTTP/1.1\r\nHost: gateway\r\nX-A: ',
    behind: INNER,
  },
  {
    name: 'a body in two reads, the second a request of its own',
    bytes: post([`Content-Length: ${INNER.length + 5}`], 'hello'),
    behind: INNER,
  },
  {
    name: 'a chunk in two reads, the second a request of its own',
    bytes: post([CHUNKED], `${(INNER.length + 5).toString(16)}\r\nhello`),
    behind: `${INNER}\r\n0\r\n\r\n`,
  },
  { name: 'the preface of HTTP/2', bytes: `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${INNER}` },
  { name: 'an expectation and a body at once', bytes: post(['Expect: 100-continue', full(INNER)], INNER) },
  {
    name: 'an expectation twice',
    bytes: post(['Expect: 100-continue', 'Expect: 100-continue', full(INNER)], INNER),
  },
  { name: 'an expectation that is odd', bytes: post(['Expect: y 100-continue', full(INNER)], INNER) },
  {
    name: 'an expectation for a GET',
    bytes: request('GET /c/x', ['Expect: 100-continue', full(INNER)], INNER),
  },
  {
    name: 'an expectation and two framings',
    bytes: post(['Expect: 100-continue', 'Content-Length: 4', CHUNKED], ONE_CHUNK),
  },
  {
    name: 'an expectation folded away',
    bytes: post(['X-A: b\r\n Expect: 100-continue', full(INNER)], INNER),
  },
  { name: 'bytes behind a request', bytes: `${request('GET /c/x', [])}x\r\n\r\n${INNER}` },
  { name: 'bytes behind a body', bytes: post(['Content-Length: 5'], `helloX${INNER}`) },
  { name: 'a request behind close', bytes: request('GET /c/x', ['Connection: close'], INNER) },
  { name: 'a request behind a path that is refused', bytes: request('GET /c/%2e%2e/x', [], INNER) },
  { name: 'a body behind a path that is refused', bytes: request('POST /c/%2e%2e/x', [full(INNER)], INNER) },
  {
    name: 'a request behind a head over the limit',
    bytes: request('GET /c/x', [`X-A: ${'b'.repeat(20_000)}`], INNER),
  },
  {
    name: 'a request behind a target over the limit',
    bytes: request(`GET /c/${'x'.repeat(9_000)}`, [], INNER),
  },
];

export const DESYNC_CASES: readonly DesyncCase[] = [
  ...TWO_FRAMINGS,
  ...HIDDEN_CODINGS,
  ...HIDDEN_LENGTHS,
  ...UNEXPECTED_BODIES,
  ...CHUNKS,
  ...LINE_ENDS,
  ...HEADS,
];
