import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESPONSE_LIMIT_DEFAULTS } from '../../../../src/proxy/http1/response-limits.js';
import { plainReading } from './plain-reading.js';
import { cutEverywhere, readResponse } from './read-response.js';

const SEED = 20261124;
/** Small, so that drawn responses meet every limit. */
const LIMITS = { maxHeaderBytes: 300, maxHeaderCount: 6, maxInformational: 2, maxChunkExtensionBytes: 24 };

const name = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aZ9-_!~'), minLength: 1, maxLength: 12 }),
  fc.constantFrom('Connection', 'Keep-Alive', 'Server', 'ETag', 'Upgrade', 'X-Powered-By'),
);
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab ,;="\t\u00e9\u0080'), maxLength: 16 }),
  fc.constantFrom('close', 'keep-alive', 'timeout=5', 'etag, close', ''),
);
const field = fc
  .tuple(name, fc.constantFrom('', ' ', '\t ', '  '), value)
  .map((parts) => `${parts[0]}:${parts[1]}${parts[2]}\r\n`);
const fields = fc.array(field, { maxLength: 5 }).map((all) => all.join(''));
const statusLine = (status: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.constantFrom('1', '1', '1', '0'), status, fc.constantFrom(' OK', ' ', '', ' Not  here \u00e9'))
    .map(([minor, code, reason]) => `HTTP/1.${minor} ${code}${reason}\r\n`);
const bytes = fc.string({ unit: fc.constantFrom(...'xyz\r\n\0\u00ff0:'), maxLength: 40 });

const chunks = fc
  .tuple(
    fc.array(fc.tuple(bytes, fc.constantFrom('', '', ';a=b', ';"x\t"')), { maxLength: 4 }),
    fc.constantFrom('0', '000'),
    fields,
  )
  .map(
    ([list, last, trailers]) =>
      `${list
        .filter(([data]) => data !== '')
        .map(([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`)
        .join('')}${last}\r\n${trailers}\r\n`,
  );
const framedBody = fc.oneof(
  bytes.map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`),
  chunks.map((body) => `Transfer-Encoding: chunked\r\n\r\n${body}`),
  bytes.map((body) => `\r\n${body}`),
);
const informational = fc
  .tuple(statusLine(fc.constantFrom(100, 102, 103)), fields)
  .map(([line, list]) => `${line}${list}\r\n`);
const response = fc
  .tuple(
    fc.array(informational, { maxLength: 3 }),
    statusLine(fc.constantFrom(200, 200, 201, 204, 304, 404, 503, 999)),
    fields,
    framedBody,
    fc.constantFrom('', '', 'HTTP/1.1 200 OK\r\n\r\n'),
  )
  .map(([before, line, list, body, after]) => before.join('') + line + list + body + after);

const splice = fc.constantFrom(
  ...['\r', '\n', '\r\n', '\r\n ', ' ', '\t', '\0', ':', ';', ',', '0', 'f', '+', '\u0080', '\u007f'],
  ...[
    '\r\nContent-Length: 3',
    '\r\nTransfer-Encoding: chunked',
    '\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    '',
  ],
);
const mutated = fc
  .tuple(response, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), splice), { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) =>
    edits.reduce((changed, [position, removed, inserted]) => {
      const at = position % (changed.length + 1);
      return changed.slice(0, at) + inserted + changed.slice(at + removed);
    }, text),
  );
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });

describe('ResponseParser', () => {
  it('reads a response alike however the network cuts it', () => {
    fc.assert(
      fc.property(response, cuts, fc.boolean(), (text, places, answersHead) => {
        const atOnce = readResponse(text, [], answersHead, LIMITS);

        expect(readResponse(text, places, answersHead, LIMITS)).toEqual(atOnce);
        expect(readResponse(text, cutEverywhere(text), answersHead, LIMITS)).toEqual(atOnce);
      }),
      { seed: SEED, numRuns: 800 },
    );
  });

  it('accepts exactly what a plainer reading of the grammar accepts, and reads the same in it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(response, mutated), fc.boolean(), (text, answersHead) => {
        const plain = plainReading(text, answersHead, LIMITS);
        const parsed = readResponse(text, [], answersHead, LIMITS);

        if (plain === undefined) expect(typeof parsed).toBe('string');
        else {
          accepted++;
          expect(parsed).toEqual(plain);
        }
      }),
      { seed: SEED, numRuns: 4_000 },
    );
    // The drawing is worth something only if both outcomes are common.
    expect(accepted).toBeGreaterThan(800);
    expect(accepted).toBeLessThan(3_200);
  });

  it('answers damaged bytes with nothing but a protocol error or the wish for more, in any pieces', () => {
    fc.assert(
      fc.property(mutated, cuts, fc.boolean(), (text, places, answersHead) => {
        const outcome = readResponse(text, places, answersHead, LIMITS);

        expect(outcome).toEqual(readResponse(text, cutEverywhere(text), answersHead, LIMITS));
        if (typeof outcome === 'string') expect(['upstream-protocol', 'incomplete']).toContain(outcome);
      }),
      { seed: SEED, numRuns: 1_500 },
    );
  });

  it.each([
    ['HTTP/0.9 prose', '<html>hello</html>'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a lower-case version', 'http/1.1 200 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 99 Low\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 Much\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 Low\r\n\r\n'],
    ['bare LF after the status line', 'HTTP/1.1 200 OK\n\r\n'],
    ['bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n'],
    ['bare LF after a field', 'HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n'],
    ['bare CR in a value', 'HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n'],
    ['LF at the end of the section', 'HTTP/1.1 200 OK\r\nA: b\r\n\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['an empty name', 'HTTP/1.1 200 OK\r\n: b\r\n\r\n'],
    ['a name that is no token', 'HTTP/1.1 200 OK\r\nA(b): c\r\n\r\n'],
    ['a field without a colon', 'HTTP/1.1 200 OK\r\nA\r\n\r\n'],
    ['NUL in a value', 'HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n'],
    ['DEL in a value', 'HTTP/1.1 200 OK\r\nA: b\x7fc\r\n\r\n'],
    ['Content-Length twice, equal', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
    [
      'Content-Length twice, different',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    ],
    ['Content-Length as a list', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello'],
    ['a signed Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello'],
    ['a hexadecimal Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello'],
    ['an empty Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello'],
    ['a Content-Length of 16 digits', 'HTTP/1.1 200 OK\r\nContent-Length: 0000000000000005\r\n\r\nhello'],
    [
      'Content-Length and Transfer-Encoding',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['gzip, chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['identity', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n'],
    [
      'chunked twice',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['an informational response with a length', 'HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n'],
    [
      'a prefixed chunk size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n',
    ],
    [
      'a chunk size with a space',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n',
    ],
    [
      'a chunk size of 14 digits',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000005\r\nhello',
    ],
    [
      'a chunk longer than its size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n',
    ],
    ['a newline in a chunk extension', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\n'],
    [
      'a chunk line ended by LF',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n',
    ],
    ['a malformed trailer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n'],
  ])('refuses %s', (_what, text) => {
    const outcome = readResponse(text, [], false, RESPONSE_LIMIT_DEFAULTS);

    expect(outcome).toBe('upstream-protocol');
  });

  it('keeps to its limits whatever is sent', () => {
    const ok = 'HTTP/1.1 200 OK\r\n';
    const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
    const read = (text: string) => readResponse(text, [], false, RESPONSE_LIMIT_DEFAULTS);

    expect(read(`${ok}A: ${'b'.repeat(1_000_000)}`)).toBe('upstream-protocol');
    expect(read(`${ok}${'A: b\r\n'.repeat(5_000)}\r\n`)).toBe('upstream-protocol');
    expect(read('HTTP/1.1 102 Processing\r\n\r\n'.repeat(17))).toBe('upstream-protocol');
    expect(read(`${chunked}1;${'x'.repeat(20_000)}`)).toBe('upstream-protocol');
    expect(read(`${chunked}${`1;${'x'.repeat(999)}\r\n.\r\n`.repeat(20)}`)).toBe('upstream-protocol');
    expect(read(`${chunked}0\r\n${'A: b\r\n'.repeat(257)}\r\n`)).toBe('upstream-protocol');
    expect(read(`${chunked}0\r\nA: ${'b'.repeat(70_000)}`)).toBe('upstream-protocol');
  });

  it('drops chunk extensions and trailers, also a trailer that would change the framing', () => {
    const text =
      'HTTP/1.1 200 OK\r\nTrailer: Content-Length, Digest\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '5;name="va l"\r\nhello\r\n0;last\r\nContent-Length: 99\r\nStatus: 500\r\n\r\n';

    const outcome = readResponse(text, [], false, RESPONSE_LIMIT_DEFAULTS);

    expect(outcome).toEqual({ status: 200, headers: [], body: 'hello', extra: 0 });
  });
});
