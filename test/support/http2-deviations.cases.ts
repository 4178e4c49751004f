import { fieldBlock, literal } from './hpack.js';
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
  reset,
  settings,
} from './http2.frames.js';
import { get, PSEUDO, post, postHead } from './http2.requests.js';
import { answered, connectionError, type Http2Case, ignored } from './http2-case.js';

/**
 * Where node:http2 leaves the letter of the RFC, held to what it does. None of it lets anything through: it reads on
 * where it should complain, leaves out a field that should have cost the request, or closes with another code.
 */
export const DEVIATION_CASES: readonly Http2Case[] = [
  // INTERNAL_ERROR in place of PROTOCOL_ERROR.
  connectionError('a preface that ends in other words', 'RFC 9113 3.4', [], [CODE.internal], {
    first: Buffer.concat([PREFACE.subarray(0, -6), Buffer.from('XX\r\n\r\n'), settings()]),
  }),
  // INTERNAL_ERROR in place of ENHANCE_YOUR_CALM.
  connectionError(
    'ten pieces of a field section that never ends',
    'RFC 9113 10.5.1',
    [
      headers(1, fieldBlock(PSEUDO), FLAG.endStream),
      ...Array<Buffer>(10).fill(continuation(1, literal('x-a', 'b'), 0)),
    ],
    [CODE.internal],
    { upstream: 'nothing' },
  ),
  // It could be ignored; an error here.
  connectionError(
    'the answer to a PING that nobody sent',
    'RFC 9113 6.7',
    [ping('nobody..', FLAG.ack)],
    [CODE.internal],
  ),
  // An error of the stream; of the connection here.
  ...(
    [
      ['a body longer than its length', [post(1, 'body', ['content-length', '3'])]],
      ['a body with a length of nothing', [post(1, 'body', ['content-length', '0'])]],
      [
        'a body in pieces that grows beyond its length',
        [postHead(1, ['content-length', '3']), data(1, 'bo', 0), data(1, 'dy')],
      ],
    ] as const
  ).map(([what, send]) =>
    // A length of nothing says that the request is whole, and it is passed on as such.
    connectionError(what, 'RFC 9113 8.1.1', send, [CODE.internal, CODE.protocol], {
      upstream: what.endsWith('nothing') ? 'any' : 'torso',
    }),
  ),

  // Errors of the stream or the connection; read and forgotten here, as nghttp2 keeps no closed streams.
  ignored("DATA behind the client's own reset", 'RFC 9113 5.1', [postHead(1), reset(1), data(1, 'x')]),
  ignored("HEADERS behind the client's own reset", 'RFC 9113 5.1', [postHead(1), reset(1), get(1)]),
  ignored('DATA on a stream that was answered', 'RFC 9113 5.1', [get(1)], {
    later: [data(1, 'x')],
    after: 'answer',
  }),
  ignored('HEADERS on a stream that was answered', 'RFC 9113 5.1', [get(1)], {
    later: [get(1)],
    after: 'answer',
    upstream: [{}],
  }),
  answered(
    'a stream of a number below an earlier one',
    'RFC 9113 5.1.1',
    [get(5), get(3)],
    {},
    {},
    { stream: 5 },
  ),
  // PROTOCOL_ERROR; ignored here like all priorities.
  ignored('PRIORITY on no stream', 'RFC 9113 6.3', [frame(FRAME.priority, 0, 0, priority(1))]),

  // Malformed requests; here the field is left out, and nobody ever sees it.
  ...(
    [
      ['an empty name', '', 'b'],
      ['a blank in a name', 'x a', 'b'],
      ['a tab in a name', 'x\ta', 'b'],
      ['a line end in a name', 'x-a\r\nx-b', 'b'],
      ['a NUL in a name', 'x\0a', 'b'],
      ['a colon in a name', 'x:a', 'b'],
      ['a delete in a name', 'x\x7fa', 'b'],
      ['letters beyond ASCII in a name', 'x\xe4', 'b'],
      ['a NUL in a value', 'x-a', 'a\0b'],
      ['an LF in a value', 'x-a', 'a\nb'],
      ['a CR in a value', 'x-a', 'a\rb'],
      ['a control character in a value', 'x-a', 'a\x01b'],
      ['a request in a value', 'x-a', 'a\r\n\r\nGET /c/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['a blank in front of a value', 'x-a', ' a'],
      ['a blank behind a value', 'x-a', 'a '],
      ['a tab in front of a value', 'x-a', '\ta'],
    ] as const
  ).map(([what, name, value]) =>
    answered(what, 'RFC 9113 8.2.1', [get(1, [name, value], ['x-kept', 'c'])], {
      fields: { 'x-a': undefined, 'x-b': undefined, a: undefined, x: undefined, 'x-kept': 'c' },
    }),
  ),
  answered(
    'a line end in trailers',
    'RFC 9113 8.2.1',
    [
      postHead(1, ['trailer', 'x-t, x-u']),
      data(1, 'body', 0),
      headers(
        1,
        fieldBlock([
          ['x-t', 'a\r\nb'],
          ['x-u', 'c'],
        ]),
      ),
    ],
    { body: 'body', trailers: { 'x-t': undefined, 'x-u': 'c' } },
  ),
];
