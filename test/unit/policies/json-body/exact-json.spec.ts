import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExact, writeExact } from '../../../../src/policies/json-body/exact-json.js';
import { MAX_DEPTH } from '../../../../src/policies/json-body/json-depth.js';
import { UnreadableBody } from '../../../../src/policies/json-body/unreadable-body.js';

const through = (text: string | Buffer): string => writeExact(parseExact(Buffer.from(text)));

describe('parseExact', () => {
  it.each([
    '12345678901234567890',
    '{"id":9007199254740993,"n":[-9223372036854775808]}',
    '0.12345678901234567890123',
    '{"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxxxx","id":1234567890123456789}',
    '1234567890.12345678',
  ])('keeps the digits of %s', (text) => {
    expect(through(text)).toBe(text);
  });

  it('keeps every whole number of any length at any place', () => {
    const number = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 20 }), number)), (fields) => {
        const text = `[${fields.map(([word, n]) => `${JSON.stringify(word)},${n}`).join(',')}]`;

        expect(through(text)).toBe(text);
      }),
      { seed: 20261123, numRuns: 1000 },
    );
  });

  it('leaves out a byte order mark', () => {
    expect(through('\ufeff{"a":1}')).toBe('{"a":1}');
  });

  it.each<[string, string | Buffer]>([
    ['no JSON', '<html>secret</html>'],
    ['half of it', '{"ssn":"123-45'],
    ['two values', '{"a":1}\n{"ssn":2}'],
    ['malformed UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xa2, 0x22])],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['a NUL', '{"a":"\u0000"}'],
    ['NaN', '{"a":NaN}'],
    ['a comment', '{"a":1/*ssn*/}'],
    ['white space alone', ' \n'],
  ])('refuses %s without quoting it', (_what, text) => {
    const refused = caught(() => parseExact(Buffer.from(text)));

    expect(refused).toBeInstanceOf(UnreadableBody);
    expect(refused.cause).toBeUndefined();
    expect(refused.message).toMatch(/^a body that is not (JSON|UTF-8)$/);
  });

  it.each([
    ['lists', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['lists that never close', '['.repeat(1_048_576)],
    ['objects', '{"a":'.repeat(100_000) + 1 + '}'.repeat(100_000)],
    ['lists around long numbers', `${'['.repeat(30_000)}12345678901234567890${']'.repeat(30_000)}`],
  ])('refuses 30,000 and more nested %s', (_what, text) => {
    expect(() => parseExact(Buffer.from(text))).toThrow(/nests too deeply/);
  });

  it('does not take brackets in strings for nesting', () => {
    const text = JSON.stringify({ a: '[{'.repeat(60_000), b: '\\"[' });

    expect(through(text)).toBe(text);
  });

  it(`takes a large document of ${MAX_DEPTH} levels`, () => {
    const text = `${'['.repeat(MAX_DEPTH)}"${'x'.repeat(70_000)}"${']'.repeat(MAX_DEPTH)}`;

    expect(through(text)).toBe(text);
  });
});

function caught(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}
