import { describe, expect, it } from 'vitest';
import { compileKongRoutes } from '../../../../src/kong/routing/compile-kong-routes.js';
import { DISABLED_SERVICE, kongRequest, kongRoutes, type RouteSketch } from '../../../support/kong.routes.js';

describe('compileKongRoutes', () => {
  it('gathers every mistake of every route, each with its place, what was found and the mend', () => {
    const { problems } = compileKongRoutes(
      kongRoutes([
        { name: 'paths', paths: ['/ok', '/a//b', '~/(?=x)'] },
        { name: 'hosts', hosts: ['a.*.test', 'ok.test'] },
        { name: 'rest', headers: { x: ['ok', '~*('] }, sources: [{ ip: '10.0.0.1/8', port: undefined }] },
      ]),
    );

    expect(problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      expect.stringMatching(
        /^kong\.yml:10:5: route paths: paths\[1\] is '\/a\/\/b', which must be the beginning of a path/,
      ),
      expect.stringMatching(
        /^kong\.yml:10:5: route paths: paths\[2\] is '~\/\(\?=x\)', which looks ahead or behind/,
      ),
      expect.stringMatching(
        /^kong\.yml:11:5: route hosts: hosts\[0\] is 'a\.\*\.test', which has a '\*' that is not/,
      ),
      expect.stringMatching(/^kong\.yml:12:5: route rest: headers\.x\[1\] is '~\*\(', which is no regex/),
      expect.stringMatching(
        /^kong\.yml:12:5: route rest: sources\[0\]\.ip is '10\.0\.0\.1\/8', which has bits set/,
      ),
    ]);
    expect(problems.map(({ place }) => place.path)).toEqual([
      'services[0].routes[0].paths[1]',
      'services[0].routes[0].paths[2]',
      'services[0].routes[1].hosts[0]',
      'services[0].routes[2].headers.x[1]',
      'services[0].routes[2].sources[0].ip',
    ]);
  });

  it.each([
    ['an empty segment', '/a//b'],
    ['an empty first segment', '//a'],
    ['a dot segment', '/a/./b'],
    ['a double dot segment', '/a/../b'],
    ['an escaped dot segment', '/a/%2e%2e/b'],
    ['a dot segment with parameters', '/a/..;x/b'],
    ['an escaped slash', '/a%2Fb'],
    ['an escaped backslash', '/a%5Cb'],
    ['an escaped NUL', '/a%00'],
    ['half an escape', '/a%4'],
    ['no escape', '/a%zz'],
    ['half a character', '/a%C3'],
    ['a space', '/a b'],
    ['a letter beyond ASCII', '/café'],
    ['a query', '/a?b=1'],
    ['a fragment', '/a#b'],
    ['a backslash', '/a\\b'],
    ['no slash at the start', 'a'],
    ['nothing', ''],
  ])('refuses a prefix that no path begins with: %s', (_what, prefix) => {
    const { problems } = compileKongRoutes(kongRoutes([{ name: 'r', paths: [prefix] }]));

    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^paths\[0\] is '.*', which must be/),
    ]);
  });

  it.each([
    ['a wildcard in the middle', 'a.*.test'],
    ['two wildcards', '*.a.*'],
    ['a part of the first label', 'a*.test'],
    ['a part of the last label', 'a.te*'],
    ['nothing but a wildcard', '*'],
    ['a wildcard without a name', '*.'],
    ['a port of nothing', ':80'],
    ['no number as a port', 'a.test:http'],
    ['port 0', 'a.test:0'],
    ['a port beyond the last', 'a.test:65536'],
    ['an IPv6 address without brackets', '2001:db8::1'],
    ['nothing', ''],
    ['256 characters', 'a'.repeat(256)],
  ])('refuses a host: %s', (_what, host) => {
    const { problems } = compileKongRoutes(kongRoutes([{ name: 'r', hosts: [host] }]));

    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^hosts\[0\] is '.*', which /),
    ]);
  });

  it('shows long texts by their beginning', () => {
    const { problems } = compileKongRoutes(kongRoutes([{ name: 'r', paths: [`~/${'a'.repeat(5_000)}`] }]));

    expect(problems[0]?.message).toMatch(
      /^paths\[0\] is '~\/a{78}…', which has 5001 characters; must be at most 2048/,
    );
  });

  it('names a route without a name by its place', () => {
    const { problems } = compileKongRoutes([
      { ...kongRoutes([{ name: 'r', hosts: ['*'] }])[0], name: undefined } as never,
    ]);

    expect(problems[0]?.where).toBe('kong.yml:10:5: route services[0].routes[0]');
  });

  it('leaves a route with a mistake out whole: with less to ask it would take more', () => {
    const { matcher } = compileKongRoutes(
      kongRoutes([
        { name: 'bad', paths: ['~/('], methods: ['GET'] },
        { name: 'half', hosts: ['a.test', '*'] },
      ]),
    );

    expect(matcher.match(kongRequest('GET http://a.test/x'))).toBeUndefined();
  });

  it('checks the routes of disabled services', () => {
    const { problems } = compileKongRoutes(
      kongRoutes([{ name: 'off', paths: ['/a//'], service: DISABLED_SERVICE }]),
    );

    expect(problems).toHaveLength(1);
  });

  it('tells which captures a route can give', () => {
    const routes = kongRoutes([
      { name: 'some', paths: ['~/(?<id>\\d+)', '~/(\\w)(?<tail>\\w)', '/prefix'] },
      { name: 'none', paths: ['~/x', '/y'] },
    ]);

    const { captureNames } = compileKongRoutes(routes);

    expect([...captureNames.keys()].map(({ name }) => name)).toEqual(['some']);
    expect(new Set(captureNames.get(routes[0] as never))).toEqual(new Set(['1', '2', 'id', 'tail']));
  });

  it('answers a prefix with one and the same object', () => {
    const { matcher } = compileKongRoutes(kongRoutes([{ name: 'r', paths: ['/a'] }]));

    const [one, two] = [
      matcher.match(kongRequest('GET http://h/a')),
      matcher.match(kongRequest('GET http://h/a/b')),
    ];

    expect(one).toBe(two);
    expect(Object.isFrozen(one)).toBe(true);
  });
});

describe('the load of regexes', () => {
  const load = (...sketches: RouteSketch[]) => compileKongRoutes(kongRoutes(sketches)).regexLoad;

  it('is nothing without regexes', () => {
    expect(load({ name: 'r', paths: ['/a'] })).toEqual({ total: 0, largest: undefined });
  });

  it('names the largest bucket by host and literal beginning, with what is wider', () => {
    const { total, largest } = load(
      { name: 'root', paths: ['~/.*x'] },
      { name: 'a1', hosts: ['a.test'], paths: ['~/api/\\d', '~/api/\\w'] },
      { name: 'a2', hosts: ['a.test'], paths: ['~/other/\\d'] },
      { name: 'wild', hosts: ['*.test'], paths: ['~/api/[a-z]'] },
      { name: 'b', hosts: ['b.org'], paths: ['~/api/[0-9]'] },
    );

    expect(total).toBe(6);
    expect(largest).toEqual({ size: 4, host: 'a.test', prefix: '/api/', routes: ['a1', 'wild', 'root'] });
  });

  it('counts a route with several methods once', () => {
    const { largest } = load({ name: 'r', methods: ['GET', 'POST'], paths: ['~/a\\d'] });

    expect(largest).toEqual({ size: 1, host: undefined, prefix: '/a', routes: ['r'] });
  });

  it('writes wildcards as the file does', () => {
    expect(load({ name: 'r', hosts: ['*.a.test'], paths: ['~/a\\d'] }).largest?.host).toBe('*.a.test');
    expect(load({ name: 'r', hosts: ['a.*'], paths: ['~/a\\d'] }).largest?.host).toBe('a.*');
  });

  it('leaves disabled services out', () => {
    expect(load({ name: 'r', paths: ['~/a\\d'], service: DISABLED_SERVICE }).total).toBe(0);
  });
});
