import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../src/contracts/json-names.js';

/** Names that begin with an escape: what Node 24 and 26 confuse (https://github.com/nodejs/node/issues/63785). */
const CONFUSED = '{"acct":"x","\\u0073sn":"123"}';

/** Whether JSON writes the first character of a name as it is. */
function beginsPlainly(name: string): boolean {
  return JSON.stringify(name)[1] !== '\\';
}

describe('parseJson', () => {
  it('reads a name that begins with an escape rightly, whatever was parsed before', () => {
    JSON.parse('{"acct":"a","\\\\u0":"b"}');

    expect(parseJson(CONFUSED)).toEqual({ acct: 'x', ssn: '123' });
  });

  it('refuses a name that cannot begin without an escape', () => {
    expect(() => parseJson('{"\\\\x":1}')).toThrow(SyntaxError);
    expect(() => parseJson('{"a":{"\\"x":1}}')).toThrow(SyntaxError);
    expect(() => parseJson('{"\\n":1}')).toThrow(SyntaxError);
  });

  it('keeps escapes inside names and everything in values', () => {
    const value = { 'C:\\temp "x"': ['\\', '"', '\n', '\u0001'], plain: 'a\\b' };

    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  it('reads what JSON.stringify writes, for names that begin plainly', () => {
    const name = fc.string().filter((text) => beginsPlainly(text) && text !== '__proto__');
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        tie('object'),
        fc.array(tie('value')),
      ),
      object: fc.dictionary(name, tie('value')),
    })).object;

    fc.assert(
      fc.property(tree, (value) => {
        expect(parseJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 26, numRuns: 500 },
    );
  });

  it('says what JSON.parse says of malformed JSON', () => {
    expect(() => parseJson('{"a\\": 1')).toThrow(SyntaxError);
  });
});
