import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePathPattern } from '../../../src/routing/path-pattern.js';
import { RouteMatcher } from '../../../src/routing/route-matcher.js';
import { type PlainRoute, plainAllowed, plainMatch } from '../../support/plain-match.js';
import { plainPath } from '../../support/plain-path.js';
import { LIMIT_MS, runs } from '../../support/proof-size.js';

const SEED = 20_261_124;
const NAMES = ['x', 'y', 'z', 'u', 'v'];

const LITERALS = ['a', 'b', 'ab', 'A', 'a.b', '~', 'a%20b', '%C3%A4', '-'];
const declared = fc
  .tuple(
    fc.array(fc.constantFrom(...LITERALS, ':', ':', ':'), { maxLength: 5 }),
    fc.constantFrom('', '', '*', '/'),
  )
  .map(([segments, end]) => {
    const texts = segments.map((text, i) => (text === ':' ? `:${NAMES[i]}` : text));
    if (end === '*') texts.push('*rest');
    return `/${texts.join('/')}${end === '/' && texts.length > 0 ? '/' : ''}`;
  });
const methods = fc.oneof(
  fc.constant(['ALL']),
  fc.uniqueArray(fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'), { minLength: 1, maxLength: 3 }),
);
const table = fc.array(fc.record({ methods, path: declared }), { minLength: 1, maxLength: 25 });
const asked = fc
  .tuple(
    fc.array(fc.constantFrom(...LITERALS, ...LITERALS, ':x', '*rest', 'a%2525', '%3F', 'c'), {
      maxLength: 6,
    }),
    fc.boolean(),
  )
  .map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)
  .filter((path) => plainPath(path) === path);

function matcherOf(routes: readonly PlainRoute[]): RouteMatcher<number> {
  const entries = routes.map(({ methods: taken, path }, rank) => {
    const pattern = parsePathPattern(path);
    if (pattern === undefined) throw new Error(`${path} is outside the grammar.`);
    return { pattern, methods: taken.includes('ALL') ? undefined : new Set(taken), rank, value: rank };
  });
  // Whatever the order they are told in, the rank decides.
  return new RouteMatcher(entries.reverse());
}

describe('RouteMatcher', () => {
  it(
    'finds the route and the parameters that trying one route after the other finds, and allows the same methods',
    () => {
      const seen = { found: 0, none: 0 };

      fc.assert(
        fc.property(
          table,
          fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'),
          asked,
          (routes, method, path) => {
            const matcher = matcherOf(routes);
            const expected = plainMatch(routes, method, path);

            const match = matcher.match(method, path);

            expect(match && { index: match.value, params: match.params }).toEqual(expected);
            expect(matcher.allowedMethods(path)).toEqual(plainAllowed(routes, path));
            seen[expected === undefined ? 'none' : 'found']++;
          },
        ),
        { seed: SEED, numRuns: runs(3_000) },
      );

      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs(500));
    },
    LIMIT_MS,
  );
});
