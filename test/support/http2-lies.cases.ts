import {
  ACK,
  answer,
  block,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  type FrameConnection,
  frame,
  GOAWAY,
  HEADERS,
  head,
  PING,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  uint32,
  WINDOW_UPDATE,
} from './http2-frame.upstream.js';

/** What an upstream writes in place of an answer to a request on a stream. */
export interface Http2Lie {
  readonly lie: string;
  readonly write: (connection: FrameConnection, stream: number) => void;
  /** How the call ends. */
  readonly ends: 'upstream-protocol' | 'upstream-reset' | 'upstream-timeout' | 'ok';
  /** Whether the connection is no more of use. */
  readonly fatal: boolean;
}

type Fields = readonly (readonly [string, string])[];

const STATUS = [':status', '200'] as const;

/** A response of these fields, whose header section is at fault. */
const fields = (lie: string, ...given: Fields): Http2Lie => ({
  lie,
  write: (connection, stream) =>
    connection.send(head(stream, 0, ...given), frame(DATA, END_STREAM, stream, 'ok')),
  ends: 'upstream-protocol',
  fatal: false,
});

/** Frames that end the call, and no other. */
const ofTheStream = (lie: string, make: (stream: number) => readonly Buffer[]): Http2Lie => ({
  lie,
  write: (connection, stream) => connection.send(...make(stream)),
  ends: 'upstream-protocol',
  fatal: false,
});

/** Frames after which nothing on the connection can be believed. */
const ofTheConnection = (lie: string, make: (stream: number) => readonly Buffer[]): Http2Lie => ({
  ...ofTheStream(lie, make),
  fatal: true,
});

const many = (count: number, make: (index: number) => Buffer): readonly Buffer[] =>
  Array.from({ length: count }, (_, index) => make(index));

const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), uint32(value)]);

/**
 * Fields that no message may carry. node:http2 takes them out before anybody sees them, so the call ends well, without
 * them.
 */
export const HTTP2_DROPPED: Fields = [
  ['', '1'],
  ['x y', '1'],
  ['x:y', '1'],
  ['x\r\ny', '1'],
  ['x-nul', 'a\0b'],
  ['x-crlf', 'a\r\nset-cookie: b'],
  ['x-lf', 'a\nb'],
];

/** Everything an HTTP/2 upstream is known to say that it must not (RFC 9113), one row each. */
export const HTTP2_LIES: readonly Http2Lie[] = [
  fields('no :status', ['x-a', '1']),
  fields(':status twice', STATUS, STATUS),
  fields(':status behind a field', ['x-a', '1'], STATUS),
  fields(':status of two digits', [':status', '20']),
  fields(':status that is a word', [':status', 'two']),
  fields(':status 0', [':status', '000']),
  fields('an unknown pseudo-header field', STATUS, [':path', '/']),
  fields('a capital in a name', STATUS, ['X-Upper', '1']),
  fields('connection', STATUS, ['connection', 'close']),
  fields('keep-alive', STATUS, ['keep-alive', 'timeout=5']),
  fields('transfer-encoding', STATUS, ['transfer-encoding', 'chunked']),
  fields('upgrade', STATUS, ['upgrade', 'h2c']),
  fields('content-length twice', STATUS, ['content-length', '2'], ['content-length', '3']),
  fields('content-length that is no number', STATUS, ['content-length', '2x']),
  fields('content-length below zero', STATUS, ['content-length', '-2']),
  fields('content-length above the body', STATUS, ['content-length', '3']),
  fields('101', [':status', '101']),
  fields('300 fields', STATUS, ...Array.from({ length: 300 }, (_, at) => [`x-${at}`, '1'] as const)),

  ofTheConnection('DATA before HEADERS', (id) => [frame(DATA, END_STREAM, id, 'ok')]),
  ofTheStream('a 1xx that ends the stream', (id) => [head(id, END_STREAM, [':status', '103'])]),
  ofTheStream('a 1xx with content-length', (id) => [
    head(id, 0, [':status', '103'], ['content-length', '2']),
    answer(id),
  ]),
  ofTheStream('endless 1xx', (id) => [...many(100, () => head(id, 0, [':status', '103'])), answer(id)]),
  ofTheStream('a second header section that is no trailer section', (id) => [
    head(id, 0, STATUS),
    head(id, 0, STATUS),
  ]),
  ofTheStream('trailers with :status', (id) => [
    head(id, 0, STATUS),
    frame(DATA, 0, id, 'ok'),
    head(id, END_STREAM, STATUS),
  ]),
  ofTheConnection('WINDOW_UPDATE of zero', (id) => [frame(WINDOW_UPDATE, 0, id, uint32(0))]),

  ofTheConnection('PUSH_PROMISE', (id) => [
    frame(
      PUSH_PROMISE,
      END_HEADERS,
      id,
      Buffer.concat([
        uint32(2),
        block([':method', 'GET'], [':path', '/'], [':scheme', 'http'], [':authority', 'a']),
      ]),
    ),
    answer(id),
  ]),
  ofTheConnection('HTTP/1.1', () => [Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')]),
  ofTheConnection('noise', () => [Buffer.alloc(64, 0xa5)]),
  ofTheConnection('DATA on an idle stream', (id) => [frame(DATA, END_STREAM, id + 100, 'ok'), answer(id)]),
  ofTheConnection('HEADERS on an idle stream', (id) => [head(id + 100, END_STREAM, STATUS), answer(id)]),
  ofTheConnection('HEADERS on a stream of its own', (id) => [head(2, END_STREAM, STATUS), answer(id)]),
  ofTheConnection('HEADERS on stream 0', (id) => [head(0, END_STREAM, STATUS), answer(id)]),
  ofTheConnection('DATA on stream 0', (id) => [frame(DATA, 0, 0, 'ok'), answer(id)]),
  ofTheConnection('RST_STREAM on an idle stream', (id) => [
    frame(RST_STREAM, 0, id + 100, uint32(8)),
    answer(id),
  ]),
  ofTheConnection('WINDOW_UPDATE of zero for all', (id) => [
    frame(WINDOW_UPDATE, 0, 0, uint32(0)),
    answer(id),
  ]),
  ofTheConnection('a window beyond 2³¹−1', (id) => [
    frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1)),
    answer(id),
  ]),
  ofTheConnection('a frame over the limit', (id) => [frame(DATA, END_STREAM, id, Buffer.alloc(20_000))]),
  ofTheConnection('a frame of 16 MB announced', () => [Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])]),
  ofTheConnection('SETTINGS of half a setting', (id) => [frame(SETTINGS, 0, 0, 'abc'), answer(id)]),
  ofTheConnection('SETTINGS that acknowledge with settings', (id) => [
    frame(SETTINGS, ACK, 0, setting(3, 1)),
    answer(id),
  ]),
  ofTheConnection('SETTINGS of a window beyond 2³¹−1', (id) => [
    frame(SETTINGS, 0, 0, setting(4, 2 ** 31)),
    answer(id),
  ]),
  ofTheConnection('SETTINGS of a frame size below the least', (id) => [
    frame(SETTINGS, 0, 0, setting(5, 1)),
    answer(id),
  ]),
  ofTheConnection('SETTINGS on a stream', (id) => [frame(SETTINGS, 0, id), answer(id)]),
  ofTheConnection('PING of 7 bytes', (id) => [frame(PING, 0, 0, '1234567'), answer(id)]),
  ofTheConnection('GOAWAY of 3 bytes', (id) => [frame(GOAWAY, 0, 0, '123'), answer(id)]),
  ofTheConnection('more DATA than content-length', (id) => [
    head(id, 0, STATUS, ['content-length', '1']),
    frame(DATA, END_STREAM, id, 'ok'),
  ]),
  ofTheStream('a header section of 112,000 bytes', (id) => [
    frame(HEADERS, 0, id, block(STATUS, ['x-0', 'a'.repeat(16_000)])),
    ...many(6, (at) =>
      frame(CONTINUATION, at === 5 ? END_HEADERS : 0, id, block([`x-${at}`, 'a'.repeat(16_000)])),
    ),
    frame(DATA, END_STREAM, id, 'ok'),
  ]),
  ofTheConnection('CONTINUATION without HEADERS', (id) => [
    frame(CONTINUATION, END_HEADERS, id, block(STATUS)),
  ]),
  ofTheConnection('HEADERS cut by another frame', (id) => [
    frame(HEADERS, 0, id, block(STATUS)),
    frame(PING, 0, 0, '12345678'),
  ]),
  ofTheConnection('CONTINUATION without end', (id) => [
    frame(HEADERS, 0, id, block(STATUS)),
    ...many(1_000, () => frame(CONTINUATION, 0, id, block(['x-a', 'a']))),
  ]),
  ofTheConnection('an HPACK index that is not there', (id) => [
    frame(HEADERS, END_HEADERS | END_STREAM, id, Buffer.from([0xff, 0xff, 0x7f])),
  ]),
  ofTheConnection('an HPACK table beyond what was allowed', (id) => [
    frame(HEADERS, END_HEADERS | END_STREAM, id, Buffer.from([0x3f, 0xff, 0xff, 0x7f, 0x88])),
  ]),
  ofTheConnection('an HPACK length beyond the block', (id) => [
    frame(HEADERS, END_HEADERS | END_STREAM, id, Buffer.from([0, 0x7f, 0xff, 0x7f])),
  ]),
  ofTheConnection('padding longer than its frame', (id) => [
    head(id, 0, STATUS),
    frame(DATA, 8 | END_STREAM, id, Buffer.from([200, 1])),
  ]),

  { lie: 'nothing', write: () => {}, ends: 'upstream-timeout', fatal: true },
  { lie: 'a hang-up', write: ({ socket }) => void socket.end(), ends: 'upstream-reset', fatal: true },
  {
    lie: 'a reset',
    write: ({ socket }) => void socket.resetAndDestroy(),
    ends: 'upstream-reset',
    fatal: true,
  },

  // Strange, and allowed.
  {
    lie: 'frames of unknown types',
    write: (c, id) => c.send(frame(0xfa, 0xff, id, 'what'), frame(0xfb, 0, 0, ''), answer(id)),
    ends: 'ok',
    fatal: false,
  },
  {
    lie: 'PRIORITY',
    write: (c, id) => c.send(frame(2, 0, id, Buffer.from([0, 0, 0, 0, 1])), answer(id)),
    ends: 'ok',
    fatal: false,
  },
  {
    lie: 'ALTSVC and ORIGIN',
    write: (c, id) =>
      c.send(
        frame(10, 0, 0, Buffer.from('\0\u0003a:1h2=":1"', 'latin1')),
        frame(12, 0, 0, Buffer.from('\0\u0008https://', 'latin1')),
        answer(id),
      ),
    ends: 'ok',
    fatal: false,
  },
  {
    lie: 'empty DATA frames',
    write: (c, id) =>
      c.send(head(id, 0, STATUS), ...many(50, () => frame(DATA, 0, id)), frame(DATA, END_STREAM, id, 'ok')),
    ends: 'ok',
    fatal: false,
  },
];
