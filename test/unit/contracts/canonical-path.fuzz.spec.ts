import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath } from '../../../src/contracts/canonical-path.js';
import { plainPath } from '../../support/plain-path.js';
import { LIMIT_MS, runs } from '../../support/proof-size.js';

const SEED = 20_261_124;

const PIECES = [
  ...[
    '/',
    '/',
    '//',
    '.',
    '..',
    '/.',
    '/..',
    '/../',
    ';',
    ';a=b',
    '\\',
    '%',
    '%2',
    '%%',
    ' ',
    '\t',
    '\0',
    '\n',
  ],
  ...[
    'a',
    'Z',
    '9',
    '~',
    '-',
    '_',
    '!',
    "'",
    '(',
    '*',
    ':',
    '@',
    '&',
    '=',
    '+',
    '$',
    ',',
    '"',
    '<',
    '{',
    '^',
    '|',
  ],
  ...['\u00e9', '\u00ff', '?', '#', '[', ']', '`', '\u007f', '\u0100', '\ud800'],
  ...[
    '%2e',
    '%2E',
    '%2f',
    '%2F',
    '%5c',
    '%5C',
    '%00',
    '%7e',
    '%41',
    '%25',
    '%3b',
    '%3B',
    '%0d%0a',
    '%20',
    '%zz',
    '%4g',
  ],
  ...[
    '%c3%a9',
    '%C3%A9',
    '%c3',
    '%a9',
    '%ff',
    '%c0%af',
    '%e0%80%af',
    '%ed%a0%80',
    '%ef%bb%bf',
    '%f0%9f%98%80',
    '%f4%90%80%80',
  ],
];
const piece = fc.oneof(
  { arbitrary: fc.constantFrom(...PIECES), weight: 6 },
  fc.string({ unit: 'binary', maxLength: 2 }),
);
const path = fc
  .tuple(fc.constantFrom('/', '/', '/', '/a/', '', 'x'), fc.array(piece, { maxLength: 10 }))
  .map(([start, pieces]) => start + pieces.join(''));
/** Paths of nothing but what a path may hold: most of them are sound, and the two must agree on how they are written. */
const soundPath = fc
  .array(
    fc.array(fc.constantFrom('a', '.', '..', '%41', '%c3%a9', '%3b', '%2e', ';x', '%25', '-'), {
      minLength: 1,
      maxLength: 3,
    }),
    { maxLength: 5 },
  )
  .map((segments) => `/${segments.map((texts) => texts.join('')).join('/')}`);

describe('canonicalPath', () => {
  it(
    'is what the plain reading of its rules says, for any bytes',
    () => {
      const seen = { sound: 0, refused: 0 };

      fc.assert(
        fc.property(fc.oneof(path, soundPath), (raw) => {
          const expected = plainPath(raw);

          expect(canonicalPath(raw)).toBe(expected);
          seen[expected === undefined ? 'refused' : 'sound']++;
        }),
        { seed: SEED, numRuns: runs(8_000) },
      );

      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs(1_000));
    },
    LIMIT_MS,
  );
});
