import { fieldBlock, hpackInteger, hpackText, indexed, literal, remembered, tableSize } from './hpack.js';
import {
  CODE,
  continuation,
  data,
  FLAG,
  FRAME,
  frame,
  headers,
  PREFACE,
  ping,
  priority,
  settings,
} from './http2.frames.js';
import { get, getPath, PSEUDO, post, postHead } from './http2.requests.js';
import { answered, connectionError, type Http2Case, ignored } from './http2-case.js';

const PREFACE_SECTION = 'RFC 9113 3.4';
const FORMAT = 'RFC 9113 4.1';
const SIZE = 'RFC 9113 4.2';
const BLOCK = 'RFC 9113 4.3';
const CONTINUATION = 'RFC 9113 6.10';
const EXTENSION = 'RFC 9113 5.5';

const BLOCK_OF_GET = fieldBlock(PSEUDO);
const UNKNOWN = 0xbe;
const MAX_FRAME = 16_384;

const withBlock = (...parts: readonly Buffer[]): Buffer => headers(1, Buffer.concat(parts));
const huffman = (...bytes: readonly number[]): Buffer =>
  Buffer.concat([Buffer.of(0), hpackText('x-a'), hpackInteger(bytes.length, 7, 0x80), Buffer.from(bytes)]);

/** The preface, frames as such, and field sections in pieces. */
export const FRAMING_CASES: readonly Http2Case[] = [
  connectionError('a first frame that is no SETTINGS', PREFACE_SECTION, [], [CODE.protocol], {
    first: Buffer.concat([PREFACE, get(1)]),
  }),
  connectionError('a first frame that is an acknowledgement', PREFACE_SECTION, [], [CODE.protocol], {
    first: Buffer.concat([PREFACE, settings([], FLAG.ack)]),
  }),
  answered(
    'a request right behind the preface',
    PREFACE_SECTION,
    [],
    {},
    {},
    {
      first: Buffer.concat([PREFACE, settings(), get(1)]),
    },
  ),

  ignored('a frame of an unknown type', FORMAT, [frame(UNKNOWN, 0xff, 0, Buffer.from('any'))]),
  ignored('a frame of an unknown type on an idle stream', EXTENSION, [frame(UNKNOWN, 0, 5)]),
  answered(
    'a frame of an unknown type between head and body',
    EXTENSION,
    [postHead(1), frame(UNKNOWN, 0, 1, Buffer.from('any')), data(1, 'body')],
    { body: 'body' },
  ),
  ignored('flags that mean nothing', FORMAT, [frame(FRAME.ping, 0xfe, 0, Buffer.from('flagging'))]),
  answered('the reserved bit in front of a stream', FORMAT, [
    frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 0x80000001, BLOCK_OF_GET),
  ]),

  answered('DATA of the greatest size', SIZE, [postHead(1), data(1, 'x'.repeat(MAX_FRAME))], {
    body: 'x'.repeat(MAX_FRAME),
  }),
  connectionError(
    'DATA beyond the greatest size',
    SIZE,
    [postHead(1), data(1, 'x'.repeat(MAX_FRAME + 1))],
    [CODE.frameSize],
  ),
  connectionError(
    'HEADERS beyond the greatest size',
    SIZE,
    [get(1, ['x-a', 'x'.repeat(MAX_FRAME)])],
    [CODE.frameSize],
  ),
  connectionError(
    'a length beyond the greatest size, with nothing behind it',
    SIZE,
    [frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.alloc(0), 0xffffff)],
    [CODE.frameSize],
  ),

  answered('a field section in pieces', CONTINUATION, [
    headers(1, BLOCK_OF_GET.subarray(0, 5), FLAG.endStream),
    continuation(1, BLOCK_OF_GET.subarray(5, 9), 0),
    continuation(1, BLOCK_OF_GET.subarray(9)),
  ]),
  answered('empty pieces of a field section', CONTINUATION, [
    headers(1, Buffer.alloc(0), FLAG.endStream),
    continuation(1, Buffer.alloc(0), 0),
    continuation(1, BLOCK_OF_GET),
  ]),
  ...(
    [
      ['DATA', data(1, 'x')],
      ['HEADERS of another stream', get(3)],
      ['a CONTINUATION of another stream', continuation(3, BLOCK_OF_GET.subarray(5))],
      ['PRIORITY', frame(FRAME.priority, 0, 1, priority(0))],
      ['PING', ping()],
      ['SETTINGS', settings()],
      ['a frame of an unknown type', frame(UNKNOWN, 0, 1)],
    ] as const
  ).map(([what, bytes]) =>
    connectionError(
      `${what} between the pieces of a field section`,
      'RFC 9113 6.2',
      [
        headers(1, BLOCK_OF_GET.subarray(0, 5), FLAG.endStream),
        bytes,
        continuation(1, BLOCK_OF_GET.subarray(5)),
      ],
      [CODE.protocol],
      { upstream: 'nothing' },
    ),
  ),
  connectionError(
    'a CONTINUATION behind a whole field section',
    CONTINUATION,
    [postHead(1), continuation(1, literal('x-a', 'b'))],
    [CODE.protocol],
  ),
  connectionError(
    'a CONTINUATION behind DATA',
    CONTINUATION,
    [postHead(1), data(1, 'x', 0), continuation(1, literal('x-a', 'b'))],
    [CODE.protocol],
  ),
  connectionError(
    'a CONTINUATION on no stream',
    CONTINUATION,
    [headers(1, BLOCK_OF_GET.subarray(0, 5), FLAG.endStream), continuation(0, BLOCK_OF_GET.subarray(5))],
    [CODE.protocol],
  ),
  ...(
    [
      ['an entry that is in no table', 'RFC 7541 2.3.3', [BLOCK_OF_GET, indexed(70)]],
      ['the entry 0', 'RFC 7541 6.1', [BLOCK_OF_GET, indexed(0)]],
      ['a name that is in no table', 'RFC 7541 2.3.3', [BLOCK_OF_GET, hpackInteger(70, 4), hpackText('b')]],
      ['a field section that breaks off', BLOCK, [BLOCK_OF_GET, literal('x-a', 'bcd').subarray(0, 6)]],
      [
        'a number that has no end',
        'RFC 7541 5.1',
        [BLOCK_OF_GET, Buffer.from('ff8080808080808080808001', 'hex')],
      ],
      ['a table greater than was allowed', 'RFC 7541 6.3', [tableSize(4_097), BLOCK_OF_GET]],
      ['a size of the table behind a field', 'RFC 7541 4.2', [BLOCK_OF_GET, tableSize(0)]],
      ['a text padded by zeros', 'RFC 7541 5.2', [BLOCK_OF_GET, huffman(0x18)]],
      ['a text padded by more than seven bits', 'RFC 7541 5.2', [BLOCK_OF_GET, huffman(0x1f, 0xff)]],
      [
        'a text with the code of its end in it',
        'RFC 7541 5.2',
        [BLOCK_OF_GET, huffman(0xff, 0xff, 0xff, 0xfc)],
      ],
    ] as const
  ).map(([what, section, parts]) =>
    connectionError(what, section, [withBlock(...parts)], [CODE.compression], { upstream: 'nothing' }),
  ),
  answered('a smaller table in front of the fields', 'RFC 7541 4.2', [withBlock(tableSize(0), BLOCK_OF_GET)]),
  answered('a text in short codes', 'RFC 7541 5.2', [withBlock(BLOCK_OF_GET, huffman(0x1f))], {
    fields: { 'x-a': 'a' },
  }),
  answered(
    'a field that is never to be remembered',
    'RFC 7541 6.2.3',
    [withBlock(BLOCK_OF_GET, Buffer.of(0x10), hpackText('x-a'), hpackText('b'))],
    { fields: { 'x-a': 'b' } },
  ),
  answered(
    'a field that an earlier stream left in the table',
    'RFC 7541 2.3.2',
    [withBlock(BLOCK_OF_GET, remembered('x-a', 'b')), headers(3, Buffer.concat([BLOCK_OF_GET, indexed(62)]))],
    {},
    {},
    { stream: 3, upstream: [{ fields: { 'x-a': 'b' } }, { fields: { 'x-a': 'b' } }] },
  ),
  answered(
    'many requests at once',
    'RFC 9113 5.1.2',
    Array.from({ length: 20 }, (_, i) => getPath(i * 2 + 1, `/c/${i}`)),
    {},
    {},
    {
      stream: 39,
      upstream: 'any',
    },
  ),
  answered(
    'bodies of two streams in turns',
    'RFC 9113 5',
    [postHead(1), postHead(3), data(1, 'on', 0), data(3, 'tw', 0), data(1, 'e'), data(3, 'o')],
    {},
    {},
    { stream: 3, upstream: 'any' },
  ),
  answered('a POST', 'RFC 9113 8.1', [post(1, 'body')], { method: 'POST', target: '/c/x', body: 'body' }),
];
