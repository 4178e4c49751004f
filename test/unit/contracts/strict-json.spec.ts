import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPTH_LIMIT, parseStrictObject } from '../../../src/contracts/strict-json.js';

const FUZZ = { seed: 20_261_101, numRuns: 1_000 } as const;

const parse = (text: string) => parseStrictObject(Buffer.from(text));

/** JSON as a tree that can hold one name twice, and how often its strings are escaped. */
type Node = { pairs: [string, Node][] } | { items: Node[] } | { leaf: string | number | boolean | null };

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({
      leaf: fc.oneof(fc.string(), fc.constantFrom('":', '\\":{', '\\', ':'), fc.integer(), fc.constant(null)),
    }),
    fc.record({ items: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({
      pairs: fc.array(fc.tuple(fc.constantFrom('a', 'b', '1', '__proto__', 'a"b', ':', '\\'), tie('node')), {
        maxLength: 4,
      }),
    }),
  ),
}));

function write(value: Node, escaped: boolean): string {
  if ('pairs' in value) {
    return `{${value.pairs.map(([name, inner]) => `${writeString(name, escaped)} : ${write(inner, escaped)}`).join(',')}}`;
  }
  if ('items' in value) return `[${value.items.map((inner) => write(inner, escaped)).join(', ')}]`;
  return typeof value.leaf === 'string' ? writeString(value.leaf, escaped) : JSON.stringify(value.leaf);
}

function writeString(text: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(text);
  return `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
}

/** What the tree means. Not JSON.parse: it misreads escaped names (https://github.com/nodejs/node/issues/63785). */
function meaning(value: Node): unknown {
  if ('pairs' in value) return Object.fromEntries(value.pairs.map(([name, inner]) => [name, meaning(inner)]));
  return 'items' in value ? value.items.map(meaning) : value.leaf;
}

/** Whether a name stands twice, or holds what cannot be written without an escape. */
function isAmbiguous(value: Node): boolean {
  if ('items' in value) return value.items.some(isAmbiguous);
  if (!('pairs' in value)) return false;
  const names = value.pairs.map(([name]) => name);
  return (
    new Set(names).size < names.length ||
    names.some((name) => /^["\\]/.test(name)) ||
    value.pairs.some(([, inner]) => isAmbiguous(inner))
  );
}

describe('parseStrictObject', () => {
  it('gives what the text means, and refuses exactly the repeated and the unwritable names', () => {
    fc.assert(
      fc.property(node, fc.boolean(), (inner, escaped) => {
        const tree: Node = { pairs: [['root', inner]] };
        const text = write(tree, escaped);

        expect(parse(text)).toEqual(isAmbiguous(tree) ? undefined : meaning(tree));
      }),
      FUZZ,
    );
  });

  it('reads every JSON object that JSON.stringify writes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.stringMatching(/^[^"\\\p{Cc}]*$/u),
          fc.oneof(fc.string(), fc.array(fc.double()), fc.boolean()),
        ),
        (value) => {
          const text = JSON.stringify(value);

          expect(parse(text)).toEqual(JSON.parse(text));
        },
      ),
      FUZZ,
    );
  });

  it('refuses without an exception what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('{', '}', '"', ':', ',', 'a', '\\', '1', '[', ']'),
          maxLength: 14,
        }),
        (text) => {
          let expected: unknown;
          try {
            expected = JSON.parse(text);
          } catch {
            expected = undefined;
          }

          if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) {
            expect(parse(text)).toBeUndefined();
          }
        },
      ),
      FUZZ,
    );
  });

  it('reads an escaped name aright where JSON.parse was led astray', () => {
    JSON.parse('{"acct":"a","\\\\u0":"b"}');

    expect(parse('{"acct":"x","\\u0073ub":"user-1"}')).toEqual({ acct: 'x', sub: 'user-1' });
    expect(parse('{"https:\\/\\/example.com\\/roles":["a\\/b"]}')).toEqual({
      'https://example.com/roles': ['a/b'],
    });
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(parseStrictObject(Buffer.from('7b2261ff223a317d', 'hex'))).toBeUndefined();
  });

  it('refuses what is nested beyond the limit', () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

    expect(parse(nested(DEPTH_LIMIT))).toBeDefined();
    expect(parse(nested(DEPTH_LIMIT + 1))).toBeUndefined();
    expect(parse(nested(100_000))).toBeUndefined();
  });

  it('takes time in proportion to the text', () => {
    const text = (members: number) =>
      `{${Array.from({ length: members }, (_, i) => `"k${i}":"\\\\\\""`).join(',')}}`;
    const time = (input: Buffer) => {
      const startedAt = performance.now();
      parseStrictObject(input);
      return performance.now() - startedAt;
    };
    const [short, long] = [Buffer.from(text(1_000)), Buffer.from(text(4_000))];
    const quickest = (input: Buffer) => Math.min(...Array.from({ length: 40 }, () => time(input)));
    quickest(short);

    const ratio = quickest(long) / quickest(short);

    expect(ratio).toBeLessThan(12);
  });
});
