import { fieldBlock, literal } from './hpack.js';
import {
  CODE,
  continuation,
  data,
  FLAG,
  FRAME,
  frame,
  goaway,
  headers,
  PREFACE,
  ping,
  priority,
  reset,
  SETTING,
  settings,
  uint32,
  window,
} from './http2.frames.js';
import { get, getPath, PSEUDO, post, postHead } from './http2.requests.js';
import { answered, connectionError, type Http2Case, ignored, streamError } from './http2-case.js';

const STATES = 'RFC 9113 5.1';
const IDENTIFIERS = 'RFC 9113 5.1.1';
const DATA = 'RFC 9113 6.1';
const HEADERS = 'RFC 9113 6.2';
const PRIORITY = 'RFC 9113 6.3';
const RESET = 'RFC 9113 6.4';
const SETTINGS = 'RFC 9113 6.5';
const VALUES = 'RFC 9113 6.5.2';
const PING = 'RFC 9113 6.7';
const WINDOW = 'RFC 9113 6.9';
const FLOW = 'RFC 9113 6.9.2';

const BLOCK_OF_GET = fieldBlock(PSEUDO);
const MAX_WINDOW = 0x7fffffff;
const raw = (type: number, stream: number, hex: string, flags = 0): Buffer =>
  frame(type, flags, stream, Buffer.from(hex, 'hex'));
const firstSettings = (...entries: readonly (readonly [number, number])[]): Buffer =>
  Buffer.concat([PREFACE, settings(entries)]);

/** Streams in their states, and each type of frame by its own rules. */
export const STREAM_CASES: readonly Http2Case[] = [
  ...(
    [
      ['DATA', data(1, 'x')],
      ['RST_STREAM', reset(1)],
      ['WINDOW_UPDATE', window(1, 10)],
      ['CONTINUATION', continuation(1, BLOCK_OF_GET)],
    ] as const
  ).map(([what, bytes]) =>
    connectionError(`${what} on a stream that nobody opened`, STATES, [bytes], [CODE.protocol]),
  ),
  streamError('DATA behind the end of the request', STATES, [get(1), data(1, 'x')], [CODE.streamClosed], {
    upstream: 'any',
  }),
  streamError('HEADERS behind the end of the request', STATES, [get(1), get(1)], [CODE.streamClosed], {
    upstream: 'any',
  }),
  answered('WINDOW_UPDATE behind the end of the request', STATES, [get(1), window(1, 10)]),
  ignored('WINDOW_UPDATE on a stream that was answered', STATES, [get(1)], {
    later: [window(1, 10)],
    after: 'answer',
  }),
  answered('PRIORITY in every state', STATES, [
    frame(FRAME.priority, 0, 1, priority(0)),
    get(1),
    frame(FRAME.priority, 0, 1, priority(0)),
  ]),
  ignored('PRIORITY on a stream that was answered', STATES, [get(1)], {
    later: [frame(FRAME.priority, 0, 1, priority(0))],
    after: 'answer',
  }),
  connectionError('a stream of an even number', IDENTIFIERS, [get(2)], [CODE.protocol], {
    upstream: 'nothing',
  }),
  streamError(
    'one stream more than may be open',
    'RFC 9113 5.1.2',
    Array.from({ length: 101 }, (_, i) => postHead(i * 2 + 1)),
    [CODE.protocol, CODE.refused, CODE.calm],
    { stream: 201, upstream: 'any' },
  ),

  connectionError('DATA on no stream', DATA, [data(0, 'x')], [CODE.protocol]),
  answered(
    'padded DATA',
    DATA,
    [postHead(1), raw(FRAME.data, 1, '03626f6479000000', FLAG.padded | FLAG.endStream)],
    {
      body: 'body',
    },
  ),
  answered(
    'DATA of nothing but padding',
    DATA,
    [postHead(1), raw(FRAME.data, 1, '020000', FLAG.padded), data(1, 'body')],
    { body: 'body' },
  ),
  connectionError(
    'padding longer than its DATA',
    DATA,
    [postHead(1), raw(FRAME.data, 1, '0562', FLAG.padded)],
    [CODE.protocol],
  ),
  connectionError('HEADERS on no stream', HEADERS, [get(0)], [CODE.protocol], { upstream: 'nothing' }),
  answered('padded HEADERS with a priority', HEADERS, [
    headers(
      1,
      Buffer.concat([Buffer.of(4), priority(0), BLOCK_OF_GET, Buffer.alloc(4)]),
      FLAG.padded | FLAG.priority | FLAG.endHeaders | FLAG.endStream,
    ),
  ]),
  connectionError(
    'padding longer than its HEADERS',
    HEADERS,
    [
      headers(
        1,
        Buffer.concat([Buffer.of(200), BLOCK_OF_GET]),
        FLAG.padded | FLAG.endHeaders | FLAG.endStream,
      ),
    ],
    [CODE.protocol],
    { upstream: 'nothing' },
  ),
  streamError(
    'PRIORITY of four bytes',
    PRIORITY,
    [get(1), raw(FRAME.priority, 1, '00000000')],
    [CODE.frameSize],
    {
      upstream: 'any',
    },
  ),
  connectionError('RST_STREAM on no stream', RESET, [reset(0)], [CODE.protocol]),
  connectionError(
    'RST_STREAM of three bytes',
    RESET,
    [postHead(1), raw(FRAME.reset, 1, '000008')],
    [CODE.frameSize],
  ),
  ignored('RST_STREAM of a request', RESET, [postHead(1), data(1, 'x', 0), reset(1)]),
  ignored('RST_STREAM with a code nobody knows', 'RFC 9113 7', [postHead(1), reset(1, 0xfe)]),

  connectionError('SETTINGS on a stream', SETTINGS, [frame(FRAME.settings, 0, 1)], [CODE.protocol]),
  connectionError(
    'SETTINGS of five bytes',
    SETTINGS,
    [raw(FRAME.settings, 0, '0003000000')],
    [CODE.frameSize],
  ),
  connectionError(
    'an acknowledgement that holds settings',
    SETTINGS,
    [settings([[SETTING.streams, 1]], FLAG.ack)],
    [CODE.frameSize],
  ),
  connectionError('ENABLE_PUSH of 2', VALUES, [settings([[SETTING.push, 2]])], [CODE.protocol]),
  connectionError(
    'a window beyond the greatest',
    VALUES,
    [settings([[SETTING.window, 0x80000000]])],
    [CODE.flowControl],
  ),
  connectionError(
    'a frame size below the least',
    VALUES,
    [settings([[SETTING.frameSize, 16_383]])],
    [CODE.protocol],
  ),
  connectionError(
    'a frame size beyond the greatest',
    VALUES,
    [settings([[SETTING.frameSize, 0x1000000]])],
    [CODE.protocol],
  ),
  ignored('a setting nobody knows', VALUES, [settings([[0xfa, 1]])]),
  answered(
    'settings of a browser',
    VALUES,
    [get(1)],
    {},
    {},
    {
      first: Buffer.concat([
        firstSettings(
          [SETTING.tableSize, 65_536],
          [SETTING.push, 0],
          [SETTING.window, 6_291_456],
          [SETTING.headerList, 262_144],
        ),
        window(0, 15_663_105),
      ]),
    },
  ),
  answered('a table of no bytes', VALUES, [get(1)], {}, {}, { first: firstSettings([SETTING.tableSize, 0]) }),

  connectionError(
    'PUSH_PROMISE of a client',
    'RFC 9113 6.6',
    [postHead(1), frame(FRAME.push, FLAG.endHeaders, 1, Buffer.concat([uint32(2), BLOCK_OF_GET]))],
    [CODE.protocol],
  ),

  connectionError('PING on a stream', PING, [raw(FRAME.ping, 1, '0000000000000000')], [CODE.protocol]),
  connectionError('PING of six bytes', PING, [raw(FRAME.ping, 0, '000000000000')], [CODE.frameSize]),
  answered('PING between head and body', PING, [postHead(1), ping('between!'), data(1, 'body')], {
    body: 'body',
  }),
  connectionError(
    'GOAWAY on a stream',
    'RFC 9113 6.8',
    [frame(FRAME.goaway, 0, 1, Buffer.alloc(8))],
    [CODE.protocol],
  ),
  answered('GOAWAY behind a request', 'RFC 9113 6.8', [get(1), goaway(0, CODE.none)], {}, { last: true }),
  connectionError('WINDOW_UPDATE of nothing for the connection', WINDOW, [window(0, 0)], [CODE.protocol]),
  streamError('WINDOW_UPDATE of nothing for a stream', WINDOW, [postHead(1), window(1, 0)], [CODE.protocol], {
    upstream: 'torso',
  }),
  connectionError('WINDOW_UPDATE of three bytes', WINDOW, [raw(FRAME.window, 0, '000001')], [CODE.frameSize]),
  connectionError(
    'a window of the connection beyond the greatest',
    'RFC 9113 6.9.1',
    [window(0, MAX_WINDOW), window(0, MAX_WINDOW)],
    [CODE.flowControl],
  ),
  streamError(
    'a window of a stream beyond the greatest',
    'RFC 9113 6.9.1',
    [postHead(1), window(1, MAX_WINDOW), window(1, MAX_WINDOW)],
    [CODE.flowControl],
    { upstream: 'torso' },
  ),
  connectionError(
    'settings that bring a window beyond the greatest',
    FLOW,
    [postHead(1), window(1, MAX_WINDOW - 65_535), settings([[SETTING.window, 65_536]])],
    [CODE.flowControl],
  ),
  answered(
    'a window of nothing, opened by WINDOW_UPDATE',
    FLOW,
    [get(1)],
    {},
    { body: 'ok' },
    {
      first: firstSettings([SETTING.window, 0]),
      later: [window(1, 1), window(1, 1)],
      after: 'ping',
    },
  ),
  answered(
    'a window of nothing, opened by SETTINGS',
    FLOW,
    [get(1)],
    {},
    { body: 'ok' },
    {
      first: firstSettings([SETTING.window, 0]),
      later: [settings([[SETTING.window, 1]]), settings([[SETTING.window, 2]])],
      after: 'ping',
    },
  ),
  answered(
    'a window that SETTINGS bring below nothing',
    FLOW,
    [get(1)],
    {},
    { body: 'ok' },
    {
      first: firstSettings([SETTING.window, 1]),
      later: [settings([[SETTING.window, 0]]), window(1, 2)],
      after: 'ping',
    },
  ),
  answered(
    'a body greater than the window',
    WINDOW,
    [postHead(1), ...Array<Buffer>(3).fill(data(1, 'x'.repeat(16_384), 0)), data(1, '')],
    { body: 'x'.repeat(3 * 16_384) },
  ),
  answered(
    'a request behind a cancelled one',
    RESET,
    [getPath(1, '/c/cancelled'), reset(1), get(3)],
    {},
    {},
    {
      stream: 3,
      upstream: 'any',
    },
  ),
  answered(
    'a body of many small pieces, some of them empty',
    DATA,
    [
      postHead(1),
      ...'a body in pieces'.split('').flatMap((letter) => [data(1, letter, 0), data(1, '', 0)]),
      data(1, ''),
    ],
    { body: 'a body in pieces' },
  ),
  answered('a body with an empty end', DATA, [post(1, '')], { body: '' }),
  connectionError(
    'trailers in pieces with a frame between them',
    HEADERS,
    [
      postHead(1),
      headers(1, literal('x-t', 'a'), FLAG.endStream),
      ping(),
      continuation(1, literal('x-u', 'b')),
    ],
    [CODE.protocol],
  ),
];
