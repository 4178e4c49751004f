import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../../../src/proxy/http1/response-limits.js';
import {
  DATA,
  END,
  INTERIM,
  NEED_MORE,
  ResponseParser,
} from '../../../../src/proxy/http1/response-parser.js';
import { isTrailerField } from '../../../../src/proxy/trailer-fields.js';
import type { PlainField } from '../../../support/plain-message.js';
import { endToEnd, plainResponse } from '../../../support/plain-response.js';
import { LIMIT_MS, runs } from '../../../support/proof-size.js';

const SEED = 20_261_124;

/**
 * Where the parser leaves the letter of the RFCs, each on purpose; the plain reading is told.
 *
 * 1. Chunk extensions may hold what a field value may: they are dropped unread.
 * 2. The space before an absent reason phrase may be missing: many servers leave it out.
 * 3. Lengths have at most 15 digits and chunk sizes at most 13, leading zeros included.
 * 4. It refuses at the first wrong byte, the plain reading at the end of a line: so it may refuse what still lacks bytes.
 *
 * Its limits (header bytes, fields, 1xx, extension bytes) are no grammar: what is drawn here stays within the defaults.
 */
const RULES = { anyExtension: true, spaceOptional: true, lengthDigits: 15, sizeDigits: 13 };

interface Outcome {
  readonly kind: 'response' | 'incomplete' | 'refused';
  readonly status?: number;
  readonly fields?: readonly PlainField[];
  readonly interim?: readonly (readonly [number, readonly PlainField[]])[];
  readonly body?: string;
  readonly trailers?: readonly PlainField[];
  /** Where the response ended. */
  readonly bytes?: number;
}

/** What the parser makes of bytes that come in pieces, then of the connection's end if it comes. */
function parsed(text: string, cuts: readonly number[], answersHead: boolean, ended: boolean): Outcome {
  const parser = new ResponseParser(RESPONSE_LIMIT_DEFAULTS);
  parser.begin(answersHead, true);
  const edges = [...new Set([...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b);
  const interim: [number, PlainField[]][] = [];
  let body = '';
  let start = 0;
  const response = (bytes: number): Outcome => ({
    kind: 'response',
    status: parser.head?.status as number,
    fields: pairs(parser.head?.headers ?? []),
    interim,
    body,
    trailers: pairs(parser.trailers?.fields ?? []),
    bytes,
  });
  try {
    for (const edge of edges) {
      // Memory of its own: what stood in an earlier piece is gone.
      const piece = Buffer.from(text.slice(start, edge), 'latin1');
      for (let at = 0, event = DATA; event !== NEED_MORE; at = parser.at) {
        event = parser.next(piece, at, piece.length);
        if (event === DATA) body += piece.toString('latin1', parser.dataFrom, parser.dataTo);
        if (event === INTERIM)
          interim.push([parser.interim?.status as number, pairs(parser.interim?.headers ?? [])]);
        if (event === END) return response(start + parser.at);
      }
      start = edge;
    }
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'upstream-protocol') return { kind: 'refused' };
    throw error;
  }
  return ended && parser.endsWithConnection ? response(text.length) : { kind: 'incomplete' };
}

/** The same outcome by the plain reading. */
function plain(text: string, answersHead: boolean, ended: boolean): Outcome {
  const reading = plainResponse(text, { answersHead, ended, rules: RULES });
  if (reading.kind !== 'response') return { kind: reading.kind };
  const { status, fields, informational, body, trailers } = reading.response;
  // What of the trailers may go on is the gateway's own table.
  const passing = trailers.filter(([name]) => isTrailerField(name));
  return {
    kind: 'response',
    status,
    fields: endToEnd(fields),
    // 100 speaks to the gateway itself.
    interim: informational
      .filter((head) => head.status !== 100)
      .map((head) => [head.status, endToEnd(head.fields)]),
    body,
    trailers: endToEnd([...fields.filter(([name]) => name.toLowerCase() === 'connection'), ...passing]),
    bytes: reading.bytes,
  };
}

const pairs = (flat: readonly string[]): PlainField[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as string, flat[2 * i + 1] as string]);

const from = (letters: string, maxLength: number, minLength = 0) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength, maxLength });
const name = fc.oneof(
  from('aZ9-_!~', 10, 1),
  fc.constantFrom(
    'Connection',
    'Keep-Alive',
    'Trailer',
    'ETag',
    'Upgrade',
    'Set-Cookie',
    'TE',
    'X-Sum',
    'x-a',
  ),
);
const value = fc.oneof(
  from('ab ,;="\t\u00e9\u0080', 14),
  fc.constantFrom('close', 'keep-alive', 'x-a', 'etag, close', 'X-A,, x-sum', '', '5', 'chunked'),
);
const fields = fc
  .array(fc.tuple(name, fc.constantFrom('', ' ', '\t '), value, fc.constantFrom('', ' ', '\t')), {
    maxLength: 4,
  })
  .map((all) =>
    all.map(([field, before, text, behind]) => `${field}:${before}${text}${behind}\r\n`).join(''),
  );
const status = fc.constantFrom(
  '200 OK',
  '200',
  '201 ',
  '204 No',
  '304 Not  \u00e9',
  '404 x',
  '503 y',
  '999 z',
  '205 w',
);
const line = (code: fc.Arbitrary<string>) =>
  fc.tuple(fc.constantFrom('1', '1', '1', '0'), code).map(([minor, text]) => `HTTP/1.${minor} ${text}\r\n`);
const data = from('xyz\r\n\0\u00ff0:', 30);
const extension = fc.constantFrom('', '', ';a', ';a=b', ';a="b;\\"c"', '; \t', ';\u00ff');
const chunked = fc
  .tuple(
    fc.array(fc.tuple(data, extension, fc.constantFrom('', '', '0', '000')), { maxLength: 3 }),
    fc.constantFrom('0', '000', '0;last'),
    fields,
  )
  .map(([chunks, last, trailers]) => {
    const written = chunks
      .filter(([text]) => text !== '')
      .map(([text, behind, zeros]) => `${zeros}${text.length.toString(16)}${behind}\r\n${text}\r\n`);
    return `Transfer-Encoding: chunked\r\n\r\n${written.join('')}${last}\r\n${trailers}\r\n`;
  });
const framed = fc.oneof(
  data.map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`),
  data.map((body) => `Content-Length: 000${body.length}\r\n\r\n${body}`),
  data.map((body) => `\r\n${body}`),
  { arbitrary: chunked, weight: 2 },
);
const interim = fc
  .tuple(line(fc.constantFrom('100 Continue', '102', '103 Early Hints', '199 x')), fields)
  .map(([first, list]) => `${first}${list}\r\n`);
const response = fc
  .tuple(
    fc.array(interim, { maxLength: 2 }),
    line(status),
    fields,
    framed,
    fc.constantFrom('', '', '', 'HTTP/1.1 200 OK\r\n\r\n'),
  )
  .map(([before, first, list, rest, behind]) => before.join('') + first + list + rest + behind);

const SPLICES = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n ',
    ' ',
    '\t',
    '\0',
    ':',
    ';',
    ',',
    '"',
    '0',
    'f',
    'g',
    '+',
    '-',
    '\u0080',
    '\u007f',
    '',
  ],
  ...[
    '\r\nContent-Length: 3',
    '\r\nTransfer-Encoding: chunked',
    '\r\nConnection: x-a',
    '\r\n\r\n',
    '0\r\n\r\n',
  ],
  ...[
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 x\r\n\r\n',
    'HTTP/1.1 103 x\r\nContent-Length: 1\r\n\r\n',
  ],
  ...['00000000000000', '\r\nTransfer-Encoding: gzip, chunked', '\r\nContent-Length: 3, 3'],
];
/** A response in which some places were overwritten, cut out or doubled. */
const mutated = fc
  .tuple(
    response,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 4 }), fc.constantFrom(...SPLICES), fc.boolean()), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((changed, [place, removed, inserted, doubles]) => {
      const at = place % (changed.length + 1);
      const again = doubles ? changed.slice(at, at + 20) : '';
      return changed.slice(0, at) + again + inserted + changed.slice(at + removed);
    }, text),
  );
/** Bytes with hardly a meaning. */
const noise = from('HTP/1. 0\r\n:;cC-ontentL', 60).map((text) => `HTTP/1.1 200 OK\r\n${text}`);
const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 8 });

describe('ResponseParser, wherever the network cuts', () => {
  it(
    'agrees with the plain reading on status, fields, body, trailers, end and refusal',
    () => {
      const seen = { response: 0, incomplete: 0, refused: 0 };

      fc.assert(
        fc.property(
          fc.oneof({ arbitrary: response, weight: 2 }, { arbitrary: mutated, weight: 4 }, noise),
          cuts,
          fc.boolean(),
          fc.boolean(),
          (text, places, answersHead, ended) => {
            const expected = plain(text, answersHead, ended);
            const found = parsed(text, places, answersHead, ended);

            if (expected.kind === 'incomplete') expect(['incomplete', 'refused']).toContain(found.kind);
            else expect(found).toEqual(expected);
            seen[expected.kind]++;
          },
        ),
        { seed: SEED, numRuns: runs(6_000) },
      );

      // The drawing is worth something only if every outcome is common.
      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs(300));
    },
    LIMIT_MS,
  );

  it(
    'asks for more after every beginning of a sound response',
    () => {
      fc.assert(
        fc.property(response, cuts, fc.boolean(), fc.nat(), (text, places, answersHead, place) => {
          const whole = plainResponse(text, { answersHead, ended: true, rules: RULES });
          if (whole.kind !== 'response') return;
          const beginning = text.slice(0, place % whole.bytes);

          expect(parsed(beginning, places, answersHead, false)).toEqual({ kind: 'incomplete' });
        }),
        { seed: SEED, numRuns: runs(2_000) },
      );
    },
    LIMIT_MS,
  );

  it(
    'never calls a connection reusable that the RFC closes',
    () => {
      fc.assert(
        fc.property(response, fc.boolean(), (text, answersHead) => {
          const reading = plainResponse(text, { answersHead, ended: true, rules: RULES });
          if (reading.kind !== 'response') return;
          const parser = new ResponseParser(RESPONSE_LIMIT_DEFAULTS);
          parser.begin(answersHead);
          const bytes = Buffer.from(text, 'latin1');
          while (parser.head === undefined) parser.next(bytes, parser.at, bytes.length);

          if (closes(reading.response)) expect(parser.head.reusable).toBe(false);
        }),
        { seed: SEED, numRuns: runs(1_000) },
      );
    },
    LIMIT_MS,
  );
});

/** RFC 9112, section 9.3, and a body that ends with its connection. */
function closes({
  minor,
  fields,
  framing,
}: {
  minor: number;
  fields: readonly PlainField[];
  framing: string;
}): boolean {
  const options = fields
    .filter(([field]) => field.toLowerCase() === 'connection')
    .flatMap(([, text]) => text.toLowerCase().split(','))
    .map((option) => option.trim());
  return framing === 'close' || options.includes('close') || (minor === 0 && !options.includes('keep-alive'));
}
