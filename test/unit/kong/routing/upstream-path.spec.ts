import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath } from '../../../../src/contracts/canonical-path.js';
import { upstreamPath } from '../../../../src/kong/routing/upstream-path.js';
import { LIMIT_MS, runs } from '../../../support/proof-size.js';

type Row = readonly [
  section: string,
  service: string | undefined,
  matched: string | undefined,
  strip: boolean,
  path: string,
  upstream: string,
];

/** A row of the table whose answer is the same with and without `strip_path`. */
const either = (service: string, matched: string | undefined, path: string, upstream: string): Row[] =>
  [true, false].map((strip) => ['§4 table', service, matched, strip, path, upstream]);

const TABLE: readonly Row[] = [
  ['§4 table', '/', '/route', true, '/route', '/'],
  ['§4 table', '/', '/route', true, '/route/', '/'],
  ['§4 table', '/', '/route', true, '/routereq', '/req'],
  ['§4 table', '/', '/route', false, '/route', '/route'],
  ['§4 table', '/srv', '/rou', true, '/roureq', '/srv/req'],
  ['§4 table', '/srv', '/rou', false, '/roureq', '/srv/roureq'],
  ['§4 table', '/srv/', '/rou', true, '/rou', '/srv'],
  ['§4 table', '/srv/', '/rou', false, '/rou', '/srv/rou'],
  ...either('/service', '/', '/', '/service'),
  ...either('/service', '/', '/route/', '/service/route/'),
  ['§4 table', '/service', '/route', true, '/route', '/service'],
  ['§4 table', '/service', '/route', true, '/route/', '/service/'],
  ['§4 table', '/service', '/route/', true, '/route/req', '/service/req'],
  ...either('/service', undefined, '/route', '/service/route'),
  ['§4 table', '/service', '/route', true, '/route./req', '/service/req'],
];

const SLASHES: readonly Row[] = [
  ['§4', undefined, '/route', true, '/route/a', '/a'],
  ['§4', undefined, '/route', false, '/route/a', '/route/a'],
  ['§4', undefined, undefined, true, '/', '/'],
  ['§4', undefined, undefined, false, '/a/', '/a/'],
  ['§4', '/', '/', true, '/', '/'],
  ['§4', '/', '/', true, '/a', '/a'],
  ['§4', '/', '/a/', true, '/a/', '/'],
  ['§4', '/', '/a', false, '/a/', '/a/'],
  ['§4', '/srv', '/a', true, '/a/b', '/srv/b'],
  ['§4', '/srv', '/a', true, '/a/b/', '/srv/b/'],
  ['§4', '/srv', '/a/', true, '/a/', '/srv/'],
  ['§4', '/srv', '/a/', true, '/a/b', '/srv/b'],
  ['§4', '/srv', '/a', false, '/a/', '/srv/a/'],
  ['§4', '/srv', '/', true, '/a', '/srv/a'],
  ['§4', '/srv/', '/a', true, '/a/', '/srv/'],
  ['§4', '/srv/', '/a', true, '/a/b', '/srv/b'],
  ['§4', '/srv/', '/a', true, '/ab', '/srv/b'],
  ['§4', '/srv/', '/a/', true, '/a/', '/srv/'],
  ['§4', '/srv/', '/', true, '/', '/srv/'],
  ['§4', '/srv/', '/', false, '/', '/srv/'],
  ['§4', '/srv/', undefined, true, '/', '/srv/'],
  ['§4', '/srv/', undefined, true, '/a', '/srv/a'],
  ['§4', '/srv/', undefined, false, '/a', '/srv/a'],
  ['§4', '/srv', undefined, true, '/', '/srv'],
  ['§4', '/srv/v1', '/a', true, '/a/b', '/srv/v1/b'],
  // A service's path is a team's own, and yet never another server's name.
  ['§4', '//evil.test', '/a', true, '/a/b', '/evil.test/b'],
  ['§4', '//', '/a', true, '/a/b', '/b'],
  ['§4', '//', '/a', false, '/a/b', '/a/b'],
];

/** With a regex the text it matched is what is removed. */
const REGEXES: readonly Row[] = [
  ['§4 regex', '/srv', '/users/42', true, '/users/42/orders', '/srv/orders'],
  ['§4 regex', '/srv', '/users/42', true, '/users/42', '/srv'],
  ['§4 regex', '/srv', '/users/4', true, '/users/42', '/srv/2'],
  ['§4 regex', '/srv', '/users/42', false, '/users/42/orders', '/srv/users/42/orders'],
  ['§4 regex', '/', '/a.', true, '/a.b/c', '/b/c'],
  ['§4 regex', '/srv', '', true, '/a/b', '/srv/a/b'],
  ['§4 regex', '/srv/', '', true, '/a', '/srv/a'],
  ['§4 regex', '/', '', true, '/', '/'],
  ['§4 regex', '/srv', '/caf%C3%A9', true, '/caf%C3%A9/x', '/srv/x'],
];

/** What a cut leaves of a segment may be dots, which an upstream would resolve. */
const DOTS: readonly Row[] = [
  ['§4 dots', '/srv', '/route', true, '/route.', '/srv'],
  ['§4 dots', '/srv', '/route', true, '/route..', '/srv'],
  ['§4 dots', '/srv', '/route', true, '/route./', '/srv/'],
  ['§4 dots', '/srv', '/route', true, '/route../', '/srv/'],
  ['§4 dots', '/srv', '/route', true, '/route../admin', '/srv/admin'],
  ['§4 dots', '/', '/route', true, '/route../admin', '/admin'],
  ['§4 dots', '/', '/route', true, '/route..', '/'],
  ['§4 dots', '/srv/', '/route', true, '/route../admin', '/srv/admin'],
  ['§4 dots', '/srv', '/route.', true, '/route../admin', '/srv/admin'],
  ['§4 dots', '/srv', '/route', true, '/route..;x', '/srv'],
  ['§4 dots', '/srv', '/route', true, '/route..;x/admin', '/srv/admin'],
  ['§4 dots', '/srv', '/route', true, '/route.;/admin', '/srv/admin'],
  ['§4 dots', '/srv', '/route', true, '/route..;', '/srv'],
  ['§4 dots', '/srv', '/route', true, '/route..%3Bx/admin', '/srv/admin'],
  ['§4 dots', '/srv', '/route', true, '/route.%3B', '/srv'],
  ['§4 dots', '/srv', '/route', false, '/route../admin', '/srv/route../admin'],
  ['§4 dots', '/srv', '/route', true, '/route.../admin', '/srv/.../admin'],
  ['§4 dots', '/srv', '/route', true, '/route..a/admin', '/srv/..a/admin'],
  ['§4 dots', '/srv', '/route', true, '/route.a', '/srv/.a'],
  ['§4 dots', '/srv', '/route', true, '/route;..', '/srv/;..'],
  ['§4 dots', '/srv', '/route', true, '/route/.well-known', '/srv/.well-known'],
  ['§4 dots', '/srv', '/', true, '/.well-known', '/srv/.well-known'],
  ['§4 dots', '/srv', undefined, true, '/..a', '/srv/..a'],
];

describe('upstreamPath', () => {
  it.each([...TABLE, ...SLASHES, ...REGEXES, ...DOTS])(
    '%s: service %s, matched %s, strip_path %s: %s → %s',
    (_section, service, matched, strip, path, upstream) => {
      expect(upstreamPath(service, matched, path, strip)).toBe(upstream);
    },
  );

  const piece = fc.constantFrom(
    '/',
    '/',
    '.',
    '..',
    ';',
    '%3B',
    'a',
    'b',
    '%2e',
    '%25',
    '%41',
    '%C3%A9',
    '-',
  );
  const path = fc
    .array(piece, { maxLength: 10 })
    .map((pieces) => canonicalPath(`/${pieces.join('')}`))
    .filter((text) => text !== undefined);
  const service = fc.constantFrom(undefined, '/', '/srv', '/srv/', '/a.', '/a./', '//x', '/srv/v1');

  it(
    'makes no dot segment, no empty segment and no second slash at the start, wherever a match ends',
    () => {
      fc.assert(
        fc.property(path, fc.nat(20), service, fc.boolean(), (asked, length, base, strip) => {
          const upstream = upstreamPath(base, asked.slice(0, length), asked, strip);

          expect(upstream).toMatch(/^\/(?!\/)/);
          for (const segment of upstream.split('/').slice(1, -1)) expect(segment).not.toBe('');
          for (const segment of upstream.split('/')) {
            expect(['.', '..']).not.toContain(segment.replaceAll('%3B', ';').split(';')[0]);
          }
          // A URL parser resolves dot segments; there is nothing for it to do.
          expect(new URL(`http://upstream.test${upstream}`).pathname).toBe(upstream);
        }),
        { seed: 20_261_129, numRuns: runs(5_000) },
      );
    },
    LIMIT_MS,
  );
});
