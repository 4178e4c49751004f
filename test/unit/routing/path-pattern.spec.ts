import express from 'express';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mayOverlap,
  paramNamesOf,
  paramValues,
  parsePathPattern,
} from '../../../src/routing/path-pattern.js';

describe('parsePathPattern', () => {
  it.each([
    ['/', []],
    ['/users', []],
    ['/users/', []],
    ['/users/:id', ['id']],
    ['/users/:id/notes/*path', ['id', 'path']],
    ['/a.b-c_d~e@f,g;h=i&j$k', []],
  ])('compiles %s', (path, names) => {
    expect(parsePathPattern(path)?.paramNames).toEqual(names);
  });

  it.each([
    ['an optional group', '/users{/:id}'],
    ['part of a segment', '/v:version'],
    ['two parameters in one segment', '/:a-:b'],
    ['a wildcard in the middle', '/*a/b'],
    ['a wildcard in part of a segment', '/a*b'],
    ['a name twice', '/:a/:a'],
    ['a quoted name', '/:"a b"'],
    ['an escape', '/a\\:b'],
    ['an empty segment', '/a//b'],
    ['a path without its slash', 'users/:id'],
    ['no path at all', ''],
  ])('leaves %s to Express', (_what, path) => {
    expect(parsePathPattern(path)).toBeUndefined();
  });
});

describe('the parameters of a path only Express can match', () => {
  it('stand in the order of the path, absent ones empty', () => {
    const names = paramNamesOf('/api/:tenant/things{/:id}/*rest');

    expect(names).toEqual(['tenant', 'id', 'rest']);
    expect(paramValues(names, { tenant: 'acme', rest: ['a', 'b'] })).toEqual(['acme', '', 'a/b']);
  });
});

const segment = fc.constantFrom('a', 'b', 'A', ':x', ':y', '*w', 'v:n', '{:o}', 'a{b}');
const mounted = fc.array(segment, { maxLength: 3 }).map((segments) => `/${unique(segments).join('/')}`);
const url = fc
  .array(fc.constantFrom('a', 'b', 'A', 'ab', 'v1', 'c'), { maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`);

/** Express refuses a name that stands twice. */
function unique(segments: readonly string[]): string[] {
  return segments.map((text, i) => text.replace(/([:*])(\w)/, `$1$2${i}`));
}

describe('mayOverlap', () => {
  it.each([
    ['/', '/api/users', true],
    ['/api', '/api/users/:id', true],
    ['/API', '/api/users', true],
    ['/api/users/7', '/api/users/:id', true],
    ['/api/:x', '/api/users/:id', true],
    ['/api/users/:id/notes', '/api/users/*path', true],
    ['/{*all}', '/api/users', true],
    ['/apis', '/api/users', false],
    ['/api/orders', '/api/users/:id', false],
    ['/api/users/:id/notes', '/api/users/:id', false],
  ])('a middleware at %s and a route at %s: %s', (prefix, route, expected) => {
    expect(mayOverlap(prefix, route)).toBe(expected);
  });

  it('never says no where Express would run both for some request', () => {
    fc.assert(
      fc.property(
        mounted,
        mounted,
        fc.array(url, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (prefix, route, urls, caseSensitive) => {
          const router = express.Router({ caseSensitive });
          let ranMiddleware = false;
          let both = false;
          router.use(prefix, (_req, _res, next) => {
            ranMiddleware = true;
            next();
          });
          router.all(route, () => {
            both ||= ranMiddleware;
          });

          for (const one of urls) {
            ranMiddleware = false;
            router({ method: 'GET', url: one } as never, {} as never, () => {});
          }

          if (both) expect(mayOverlap(prefix, route)).toBe(true);
        },
      ),
      { seed: 20261124, numRuns: 3_000 },
    );
  });
});
