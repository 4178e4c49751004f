import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ForwardedElement, ForwardedElements } from '../../../src/edge/forwarded-header.js';

/** All elements from right to left; `'refused'` last when something in front of them is no element. */
function read(field: string): (ForwardedElement | 'refused')[] {
  const elements = new ForwardedElements(field);
  const found: (ForwardedElement | 'refused')[] = [];
  while (!elements.done) found.push(elements.previous() ?? 'refused');
  return found;
}

const element = (parts: Partial<ForwardedElement>): ForwardedElement => ({
  for: undefined,
  proto: undefined,
  host: undefined,
  ...parts,
});

describe('ForwardedElements', () => {
  it.each([
    ['one pair', 'for=192.0.2.60', [element({ for: '192.0.2.60' })]],
    [
      'several pairs',
      'for=192.0.2.60;proto=http;by=203.0.113.43;host=a.example',
      [element({ for: '192.0.2.60', proto: 'http', host: 'a.example' })],
    ],
    ['names in any case', 'FOR=a;Proto=http', [element({ for: 'a', proto: 'http' })]],
    ['quoted strings', 'For="[2001:db8:cafe::17]:4711"', [element({ for: '[2001:db8:cafe::17]:4711' })]],
    [
      'escapes in quoted strings',
      String.raw`for="a\"b\\";proto=http`,
      [element({ for: 'a"b\\', proto: 'http' })],
    ],
    ['separators in quoted strings', 'for="a, b;c=d"', [element({ for: 'a, b;c=d' })]],
    ['empty strings', 'for=""', [element({ for: '' })]],
    ['empty pairs', ';for=a;;proto=http;', [element({ for: 'a', proto: 'http' })]],
    [
      'elements from the last to the first',
      'for=a , \tfor=b',
      [element({ for: 'b' }), element({ for: 'a' })],
    ],
    ['elements without what is asked for', 'by=_x', [element({})]],
  ])('reads %s', (_what, field, expected) => {
    expect(read(field)).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \t'],
    ['an empty element', ','],
    ['no pair', 'for'],
    ['no value', 'for='],
    ['no name', '=a'],
    ['blanks around the equals sign', 'for= a'],
    ['blanks around a semicolon', 'for=a; proto=http'],
    ['a bare IPv6 address, which needs quotes', 'for=2001:db8::1'],
    ['a parameter twice', 'for=a;FOR=b'],
    ['an open quote at the end', 'for="a'],
    ['an open quote at the start', 'for=a"'],
    ['an escaped quote at the end', String.raw`for="a\"`],
    ['text behind a quoted string', 'for="a"b'],
    ['text in front of a quoted string', 'for=b"a"'],
    ['a control character', 'for="a\u0001"'],
    ['single quotes around a space', "for='a b'"],
  ])('refuses %s', (_what, field) => {
    expect(read(field)).toEqual(['refused']);
  });

  it('reads what a proxy appended alike, whatever the client had sent in front of it', () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/);
    const quoted = fc
      .stringMatching(/^[\t -~]{0,10}$/)
      .map((text) => `"${text.replace(/[\\"]/g, (character) => `\\${character}`)}"`);
    const nonsense = fc.oneof(fc.string({ maxLength: 20 }), fc.stringMatching(/^(?:[",;= \\]|for|a){0,15}$/));
    fc.assert(
      fc.property(fc.oneof(token, quoted), token, nonsense, (node, proto, client) => {
        const appended = `for=${node};proto=${proto}`;

        const [first] = read(`${client}, ${appended}`);

        expect(first).toEqual(read(appended)[0]);
        expect(first).toMatchObject({ proto });
      }),
      { seed: 20261124, numRuns: 3_000 },
    );
  });

  it('ends on every text, having read no more elements than there are commas', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^(?:[",;= \\]|for|proto|a|\[::1\]){0,30}$/));
    fc.assert(
      fc.property(text, (field) => {
        expect(read(field).length).toBeLessThanOrEqual(field.split(',').length);
      }),
      { seed: 20261124, numRuns: 5_000 },
    );
  });

  it('reads what was written, at any length of chain', () => {
    const pairs = fc.record({
      for: fc.option(fc.stringMatching(/^[\t -~]{0,12}$/), { nil: undefined }),
      proto: fc.option(fc.constantFrom('http', 'https'), { nil: undefined }),
      host: fc.option(fc.stringMatching(/^[a-z.:0-9]{1,12}$/), { nil: undefined }),
    });
    const written = (pair: ForwardedElement): string =>
      Object.entries({ by: '_gateway', ...pair })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}="${(value as string).replace(/[\\"]/g, (one) => `\\${one}`)}"`)
        .join(';');
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 1, maxLength: 6 }), (chain) => {
        expect(read(chain.map(written).join(', ')).reverse()).toEqual(chain);
      }),
      { seed: 20261124, numRuns: 2_000 },
    );
  });
});
