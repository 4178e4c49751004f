import express from 'express';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { canonicalPath } from '../../../src/contracts/canonical-path.js';
import { parsePathPattern } from '../../../src/routing/path-pattern.js';
import { type MatchEntry, RouteMatcher } from '../../../src/routing/route-matcher.js';

/** A matcher of these routes, tried in this order; the value of a route is its text. */
function matcherOf(...routes: readonly string[]): RouteMatcher<string> {
  return new RouteMatcher(routes.map(entry));
}

function entry(text: string, rank: number): MatchEntry<string> {
  const [methods, path] = text.split(' ') as [string, string];
  const pattern = parsePathPattern(path);
  if (pattern === undefined) throw new Error(`${path} is outside the grammar.`);
  return { pattern, methods: methods === 'ALL' ? undefined : new Set(methods.split('|')), rank, value: text };
}

describe('RouteMatcher', () => {
  it('takes the route of the lowest rank among all that match', () => {
    const matcher = matcherOf('GET /users/me', 'GET /users/:id', 'GET /users/*path', 'GET /:any/:id');

    expect(matcher.match('GET', '/users/me')?.value).toBe('GET /users/me');
    expect(matcher.match('GET', '/users/7')?.value).toBe('GET /users/:id');
    expect(matcher.match('GET', '/users/7/x')?.value).toBe('GET /users/*path');
    expect(matcher.match('GET', '/other/7')?.value).toBe('GET /:any/:id');
  });

  it('lets rank decide and not shape, also when the general route stands first', () => {
    const matcher = matcherOf('GET /users/:id', 'GET /users/me');

    expect(matcher.match('GET', '/users/me')?.value).toBe('GET /users/:id');
  });

  it('goes back to a general route when the specific one does not take the method', () => {
    const matcher = matcherOf('POST /users/me', 'GET /users/:id');

    expect(matcher.match('GET', '/users/me')).toMatchObject({ value: 'GET /users/:id', params: ['me'] });
  });

  it('goes back when a literal leads into a dead end', () => {
    const matcher = matcherOf('GET /a/b/c', 'GET /a/:x/d', 'GET /:y/b/e');

    expect(matcher.match('GET', '/a/b/d')).toMatchObject({ value: 'GET /a/:x/d', params: ['b'] });
    expect(matcher.match('GET', '/a/b/e')).toMatchObject({ value: 'GET /:y/b/e', params: ['a'] });
  });

  it('lets GET take HEAD, unless a HEAD route stands before it', () => {
    expect(matcherOf('GET /a').match('HEAD', '/a')?.value).toBe('GET /a');
    expect(matcherOf('HEAD /a', 'GET /a').match('HEAD', '/a')?.value).toBe('HEAD /a');
    expect(matcherOf('POST /a').match('HEAD', '/a')).toBeUndefined();
  });

  it('ignores one trailing slash and keeps case', () => {
    const matcher = matcherOf('GET /users', 'GET /users/:id');

    expect(matcher.match('GET', '/users/')?.value).toBe('GET /users');
    expect(matcher.match('GET', '/users/7/')).toMatchObject({ params: ['7'] });
    expect(matcher.match('GET', '/Users')).toBeUndefined();
  });

  it('decodes parameters once', () => {
    const matcher = matcherOf('GET /files/:name', 'GET /trees/*path');

    expect(matcher.match('GET', '/files/a%20b')?.params).toEqual(['a b']);
    expect(matcher.match('GET', '/files/100%2525')?.params).toEqual(['100%25']);
    expect(matcher.match('GET', '/trees/a%20b/%C3%A4')?.params).toEqual(['a b/ä']);
  });

  it('wants at least one segment for a wildcard', () => {
    const matcher = matcherOf('ALL /api/*path');

    expect(matcher.match('GET', '/api')).toBeUndefined();
    expect(matcher.match('GET', '/api/')).toBeUndefined();
    expect(matcher.match('GET', '/api/x/y')?.params).toEqual(['x/y']);
  });

  it('names every method of a path for Allow, and none where no route has the path', () => {
    const matcher = matcherOf('GET /a', 'POST|PUT /:x', 'DELETE /*rest', 'PATCH /b');

    expect(matcher.allowedMethods('/a')).toEqual(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
    expect(matcher.allowedMethods('/z/z')).toEqual(['DELETE', 'OPTIONS']);
    expect(matcherOf('GET /a').allowedMethods('/b')).toEqual([]);
  });

  it('finds a route of the root', () => {
    expect(matcherOf('GET /').match('GET', '/')?.value).toBe('GET /');
    expect(matcherOf('GET /').match('GET', '/x')).toBeUndefined();
  });

  it.each(['match', 'allowedMethods'] as const)(
    'looks at each place of the tree at most once in %s, whatever the path',
    (call) => {
      // Every mixture of a literal and a parameter, eight segments deep: 256 routes, 511 places.
      const depth = 8;
      const routes = Array.from({ length: 2 ** depth }, (_, mixture) => {
        const segments = Array.from({ length: depth }, (_, i) => ((mixture >> i) & 1 ? 'a' : `:p${i}`));
        return `POST /${segments.join('/')}/end`;
      });
      const matcher = matcherOf(...routes);
      const lookups = vi.spyOn(Map.prototype, 'get');

      const worst = ['/a'.repeat(depth), '/a'.repeat(2_000), `/${'a'.repeat(8_000)}`].map((path) => {
        lookups.mockClear();
        if (call === 'match') matcher.match('GET', path);
        else matcher.allowedMethods(path);
        return lookups.mock.calls.length;
      });

      lookups.mockRestore();
      expect(Math.max(...worst)).toBeLessThanOrEqual(2 ** (depth + 1) + 2 ** depth);
      // A path deeper than every route costs no more than the deepest route.
      expect(worst[1]).toBeLessThanOrEqual(2 ** (depth + 1) + 2 ** depth);
      expect(worst[2]).toBeLessThanOrEqual(2);
    },
  );
});

const NAMES = ['x', 'y', 'z'] as const;
const literal = fc.constantFrom('a', 'b', 'B', 'a.b', 'a-b', '~', 'a%20b');
const pattern = fc
  .tuple(
    fc.array(fc.oneof({ arbitrary: literal, weight: 2 }, { arbitrary: fc.constant(':'), weight: 1 }), {
      maxLength: 3,
    }),
    fc.boolean(),
  )
  .map(([segments, wildcard]) => {
    const texts = segments.map((text, i) => (text === ':' ? `:${NAMES[i]}` : text));
    return `/${[...texts, ...(wildcard ? ['*rest'] : [])].join('/')}`;
  });
const method = fc.constantFrom('GET', 'POST', 'HEAD', 'ALL');
const route = fc.tuple(method, pattern);
const path = fc
  .tuple(
    fc.array(
      fc.constantFrom('a', 'b', 'B', 'A', 'a.b', 'a%20b', '%C3%A4', 'a%2525', ':x', '*rest', '~', '%3F'),
      { maxLength: 4 },
    ),
    fc.boolean(),
  )
  .map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)
  .filter((text) => canonicalPath(text) === text);

/** Express's own answer: which of these routes, registered in this order, runs, and with which parameters. */
function expressWinner(
  routes: readonly (readonly [string, string])[],
  verb: string,
  url: string,
): { winner: number; params: Record<string, unknown> } | undefined {
  const router = express.Router({ caseSensitive: true, strict: false });
  let found: { winner: number; params: Record<string, unknown> } | undefined;
  for (const [winner, [taken, at]] of routes.entries()) {
    const register = taken.toLowerCase() as 'get' | 'post' | 'head' | 'all';
    router[register](at, (req) => {
      found = { winner, params: { ...req.params } };
    });
  }
  router({ method: verb, url } as never, {} as never, () => {});
  return found;
}

describe('RouteMatcher and the router of Express', () => {
  it('agree on the winner and its parameters for any routes in any order and any path', () => {
    fc.assert(
      fc.property(
        fc.array(route, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
        path,
        (routes, verb, url) => {
          const matcher = new RouteMatcher(
            routes.map(([taken, at], rank) => {
              const parsed = parsePathPattern(at);
              if (parsed === undefined) throw new Error(at);
              return {
                pattern: parsed,
                methods: taken === 'ALL' ? undefined : new Set([taken]),
                rank,
                value: rank,
              };
            }),
          );

          const match = matcher.match(verb, url);

          const expected = expressWinner(routes, verb, url);
          expect(match?.value).toBe(expected?.winner);
          if (match === undefined || expected === undefined) return;
          const names =
            parsePathPattern((routes[match.value] as readonly [string, string])[1])?.paramNames ?? [];
          const params = Object.fromEntries(
            names.map((name, i) => [
              name,
              name === 'rest' ? (match.params[i] as string).split('/') : match.params[i],
            ]),
          );
          expect(params).toEqual(expected.params);
        },
      ),
      { seed: 20261124, numRuns: 3_000 },
    );
  });
});
