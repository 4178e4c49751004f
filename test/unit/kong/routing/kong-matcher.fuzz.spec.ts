import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KongRoute } from '../../../../src/kong/kong-configuration.js';
import { compileKongRoutes } from '../../../../src/kong/routing/compile-kong-routes.js';
import type { KongRequest } from '../../../../src/kong/routing/kong-request.js';
import { DISABLED_SERVICE, kongRequest, kongRoutes } from '../../../support/kong.routes.js';
import { plainKongMatch } from '../../../support/plain-kong-match.js';
import { LIMIT_MS, runs } from '../../../support/proof-size.js';

const SEED = 20_261_129;
const REQUESTS = 8;

const PREFIXES = ['/', '/a', '/a/', '/ab', '/a/b', '/a/b/c', '/b', '/b/', '/ba', '/a/c', '/.', '/c%20d'];
const REGEXES = [
  '~/a',
  '~/a|/b',
  '~/ab?$',
  '~/(?<first>[ab]+)/(?<rest>.*)',
  '~/(a)(/b)?',
  '~/.*c$',
  '~/a.*?b',
  '~/[^/]+/b',
  '~/(?:x/)?b',
  '~/a/(b|c)',
  '~/a/b(?<last>/c)?$',
];
const HOSTS = [
  'a.test',
  'b.a.test',
  '*.test',
  '*.a.test',
  'a.*',
  'b.a.*',
  'a.test:81',
  '*.test:81',
  'b.a.*:82',
];
const SOURCES = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '2001:db8::/32', '2001:db8::7'];

const some = <T>(values: readonly T[], most: number) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant<T[]>([]) },
    { weight: 3, arbitrary: fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: most }) },
  );
const rarely = <T>(arbitrary: fc.Arbitrary<T[]>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant<T[]>([]) }, { weight: 1, arbitrary });
const addresses = (ips: readonly string[], ports: readonly number[]) =>
  rarely(
    fc.array(
      fc.oneof(
        fc.record({ ip: fc.constantFrom(...ips), port: fc.constant(undefined) }),
        fc.record({ ip: fc.constant(undefined), port: fc.constantFrom(...ports) }),
        fc.record({ ip: fc.constantFrom(...ips), port: fc.constantFrom(...ports) }),
      ),
      { minLength: 1, maxLength: 2 },
    ),
  );

const sketch = fc.record({
  paths: some([...PREFIXES, ...REGEXES], 4),
  hosts: some(HOSTS, 2),
  methods: some(['GET', 'POST', 'PUT'], 2),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.dictionary(
        fc.constantFrom('x', 'y'),
        fc.uniqueArray(fc.constantFrom('1', 'Two', '~*^tw', '~*[1-3]'), { minLength: 1, maxLength: 2 }),
        { minKeys: 1, maxKeys: 2, noNullPrototype: true },
      ),
    },
  ),
  snis: rarely(fc.constantFrom(['a.test'], ['b.test', 'a.test'])),
  sources: addresses(SOURCES, [4000, 4001]),
  destinations: addresses(['192.0.2.1'], [8000, 8443]),
  protocols: fc.constantFrom<KongRoute['protocols']>(
    ['http', 'https'],
    ['http'],
    ['https'],
    ['grpc'],
    ['grpcs'],
  ),
  regexPriority: fc.constantFrom(0, 0, 1, 7),
  httpsRedirectStatusCode: fc.constantFrom<KongRoute['httpsRedirectStatusCode']>(426, 301, 308),
  disabled: fc.nat(9).map((n) => n === 0),
});
const table = fc.array(sketch, { minLength: 1, maxLength: 14 }).map((all) =>
  kongRoutes(
    all.map(({ disabled, ...route }, i) => ({
      name: `r${i}`,
      ...route,
      ...(disabled ? { service: DISABLED_SERVICE } : {}),
    })),
  ),
);

const asked: fc.Arbitrary<KongRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD'),
    scheme: fc.constantFrom('http', 'https'),
    host: fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'a.org', 'b.a.org', 'test', 'xa.test', ''),
    port: fc.constantFrom('', ':81', ':82'),
    path: fc.oneof(
      fc.constantFrom(...PREFIXES),
      fc
        .array(fc.constantFrom('a', 'b', 'c', 'ab', 'x', 'ba', '.x', 'c%20d'), { maxLength: 4 })
        .map((s) => `/${s.join('/')}`),
    ),
    headers: fc
      .array(
        fc.tuple(fc.constantFrom('x', 'X', 'y', 'z'), fc.constantFrom('1', '2', 'two', 'TWENTY', 'none')),
        {
          maxLength: 3,
        },
      )
      .map((pairs) => pairs.flat()),
    sni: fc.constantFrom(undefined, 'a.test', 'B.test', 'c.test'),
    clientAddress: fc.constantFrom('10.1.2.3', '10.9.9.9', '192.0.2.9', '2001:db8::7', '2001:db9::1'),
    clientPort: fc.constantFrom(4000, 4001, undefined),
    localAddress: fc.constantFrom('192.0.2.1', '192.0.2.2'),
    localPort: fc.constantFrom(8000, 8443),
  })
  .map(({ method, scheme, host, port, path, ...others }) =>
    kongRequest(`${method} ${scheme}://${host}${port}${path}`, others),
  );

describe('KongMatcher', () => {
  it(
    `finds the route, the matched path and the captures that trying every part of every route finds`,
    () => {
      const seen = { prefix: 0, regex: 0, pathless: 0, insecure: 0, none: 0 };

      fc.assert(
        fc.property(
          table,
          fc.array(asked, { minLength: REQUESTS, maxLength: REQUESTS }),
          (routes, requests) => {
            const { matcher, problems } = compileKongRoutes(routes);
            expect(problems).toEqual([]);
            for (const request of requests) {
              const expected = plainKongMatch(routes, request);

              const match = matcher.match(request);

              expect(match && routes.indexOf(match.route)).toBe(expected?.index);
              if (match?.kind === 'insecure') {
                expect(match.statusCode).toBe(expected?.statusCode);
                seen.insecure++;
                continue;
              }
              expect(expected?.statusCode).toBeUndefined();
              expect(match?.matchedPath).toBe(expected?.matchedPath);
              expect({ ...match?.captures }).toEqual(expected?.captures ?? {});
              if (match === undefined) seen.none++;
              else if (match.matchedPath === undefined) seen.pathless++;
              else seen[match.route.paths.includes(match.matchedPath) ? 'prefix' : 'regex']++;
            }
          },
        ),
        { seed: SEED, numRuns: runs(1_500) },
      );

      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs(300));
      expect(Object.values(seen).reduce((sum, count) => sum + count)).toBeGreaterThan(10_000);
    },
    LIMIT_MS,
  );

  it(
    'throws at no host, path, header or address',
    () => {
      const { matcher } = compileKongRoutes(
        kongRoutes([
          { name: 'host', hosts: ['*.a.test', 'a.*', 'a.test:81'], paths: ['/a', '~/(a|b)*c$'] },
          { name: 'header', headers: { x: ['1', '~*(a+)+$'] }, paths: ['/'] },
          {
            name: 'address',
            sources: [{ ip: '10.0.0.0/8', port: undefined }],
            snis: ['a.test'],
            methods: ['GET'],
          },
        ]),
      );
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom(
          '.',
          '..',
          '.a',
          '[',
          ']',
          '[]',
          '*',
          '*.a.test',
          'a.'.repeat(5_000),
          ':',
          '__proto__',
        ),
      );

      fc.assert(
        fc.property(
          fc.record({
            method: fc.oneof(fc.constant('GET'), text),
            secure: fc.boolean(),
            tls: fc.boolean(),
            host: text,
            port: fc.integer(),
            path: text.map((rest) => `/${rest}`),
            headers: fc.array(fc.oneof(fc.constantFrom('x', 'X'), text), { maxLength: 7 }),
            sni: fc.option(text, { nil: undefined }),
            clientAddress: text,
            clientPort: fc.option(fc.integer(), { nil: undefined }),
            localAddress: text,
            localPort: fc.option(fc.integer(), { nil: undefined }),
          }),
          (request) => {
            expect(['match', 'insecure', undefined]).toContain(matcher.match(request)?.kind);
          },
        ),
        { seed: SEED, numRuns: runs(3_000) },
      );
    },
    LIMIT_MS,
  );
});
