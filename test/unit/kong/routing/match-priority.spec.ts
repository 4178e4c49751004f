import { describe, expect, it } from 'vitest';
import { compileKongRoutes } from '../../../../src/kong/routing/compile-kong-routes.js';
import { kongRequest, kongRoutes, type RouteSketch } from '../../../support/kong.routes.js';
import { expectMatch, type KongMatchCase } from '../../../support/kong-match.case.js';

const GET_H = [
  'GET https://h.test/a/b/c',
  { sni: 'h.test', headers: ['x', '1', 'y', '2', 'z', '3'] },
] as const;
const PATH = { paths: ['/a'] };
const HOST = { hosts: ['h.test'] };
const METHOD = { methods: ['GET'] };
const HEADER = { headers: { x: ['1'] } };
const SNI = { snis: ['h.test'] };
const SOURCE = { sources: [{ ip: '192.0.2.0/24', port: undefined }] };
const DESTINATION = { destinations: [{ ip: undefined, port: 8080 }] };

/** Section of KONG.md, what it says, and two routes that both match {@link GET_H}. */
type Better = readonly [section: string, what: string, worse: RouteSketch, best: RouteSketch];

function better(section: string, what: string, worse: object, best: object): Better {
  return [section, what, { name: 'worse', ...worse }, { name: 'best', ...best }];
}

const ORDER: readonly Better[] = [
  better('§3 1', 'two kinds beat one', PATH, { ...HOST, ...METHOD }),
  better('§3 1', 'three beat two', { ...HOST, paths: ['/a/b/c'] }, { ...HOST, ...METHOD, ...PATH }),
  better('§3 1', 'methods are a kind', PATH, { ...PATH, ...METHOD }),
  better('§3 1', 'hosts are a kind', PATH, { ...PATH, ...HOST }),
  better('§3 1', 'headers are a kind', PATH, { ...PATH, ...HEADER }),
  better('§3 1', 'snis are a kind', PATH, { ...PATH, ...SNI }),
  better('§3 1', 'paths are a kind', HOST, { ...PATH, ...HOST }),
  better('§3 1', 'sources are a kind', PATH, { ...PATH, ...SOURCE }),
  better('§3 1', 'destinations are a kind', PATH, { ...PATH, ...DESTINATION }),
  better(
    '§3 1',
    'seven beat six',
    { ...PATH, ...HOST, ...METHOD, ...HEADER, ...SNI, ...SOURCE },
    { ...PATH, ...HOST, ...METHOD, ...HEADER, ...SNI, ...SOURCE, ...DESTINATION },
  ),
  better(
    '§3 1',
    'several names of headers are one kind',
    { headers: { x: ['1'], y: ['2'] } },
    { ...PATH, ...METHOD },
  ),
  better('§3 1', 'several hosts are one kind', { hosts: ['h.test', 'i.test'] }, { ...PATH, ...METHOD }),
  better('§3 1', 'kinds come before plain hosts', HOST, { hosts: ['*.test'], ...METHOD }),
  better('§3 1', 'kinds come before regexes', { paths: ['~/a/b/c'] }, { ...PATH, ...METHOD }),
  better('§3 2', 'a plain host beats a wildcard', { hosts: ['*.test'] }, HOST),
  better(
    '§3 2',
    'a plain host beats no host of as many kinds',
    { ...PATH, ...METHOD },
    { ...HOST, ...METHOD },
  ),
  better('§3 2', 'a wildcard is no better than no host', { hosts: ['*.test'] }, { paths: ['/a'] }),
  better('§3 2', 'plain hosts come before headers', { ...HEADER, headers: { x: ['1'], y: ['2'] } }, HOST),
  better(
    '§3 2',
    'plain hosts come before regexes',
    { hosts: ['*.test'], paths: ['~/a/.*'] },
    { ...HOST, ...PATH },
  ),
  better('§3 2', 'one wildcard spoils all', { hosts: ['h.test', '*.other'] }, HOST),
  better('§3 3', 'more names of headers', HEADER, { headers: { x: ['1'], y: ['2'] } }),
  better(
    '§3 3',
    'three beat two',
    { headers: { x: ['1'], y: ['2'] } },
    { headers: { x: ['1'], y: ['2'], z: ['3'] } },
  ),
  better('§3 3', 'headers come before regexes', { paths: ['~/a/.*'] }, HEADER),
  better('§3 3', 'more values are no better', HEADER, { headers: { x: ['1'], y: ['2'] } }),
  better('§3 4', 'a regex beats a prefix', { paths: ['/a/b/c'] }, { paths: ['~/a'] }),
  better('§3 4', 'even of a lower priority', { paths: ['/a/b/c'] }, { paths: ['~/a'], regexPriority: -1 }),
  better('§3 4', 'a regex beats a method', METHOD, { paths: ['~/a'] }),
  better('§3 5', 'regex_priority', { paths: ['~/a/b/c'] }, { paths: ['~/a'], regexPriority: 1 }),
  better('§3 5', 'higher first', { paths: ['~/a'], regexPriority: 9 }, { paths: ['~/a'], regexPriority: 10 }),
  better(
    '§3 5',
    'headers come first',
    { ...PATH, paths: ['~/a'], regexPriority: 9 },
    { paths: ['~/a'], ...HEADER },
  ),
  better('§3 6', 'the longer prefix', { paths: ['/a'] }, { paths: ['/a/b'] }),
  better('§3 6', 'by one character', { paths: ['/a/b'] }, { paths: ['/a/b/'] }),
  better('§3 6', 'any prefix beats a method', METHOD, { paths: ['/'] }),
  better('§3 6', 'each length by itself', { paths: ['/a', '/other/long/prefix'] }, { paths: ['/a/b'] }),
  better(
    '§3 6',
    'a short prefix has no part of a long one',
    { paths: ['/a', '/a/x/y/z'] },
    { paths: ['/a/'] },
  ),
  better('§3', 'the regexes of a route with prefixes', { paths: ['/a/b/c'] }, { paths: ['/x', '~/a'] }),
  better('§3', 'its prefixes have no part of its regexes', { paths: ['~/z', '/a'] }, { paths: ['/a/'] }),
];

const equal = (what: string, first: object, second: object, matched?: string): KongMatchCase[] =>
  [0, 1].map((swap) => {
    const routes = [
      { name: 'one', ...first },
      { name: 'two', ...second },
    ];
    if (swap === 1) routes.reverse();
    const name = swap === 0 ? 'one' : 'two';
    return ['§3 ties', what, routes, GET_H, matched === undefined ? name : `${name} ${matched}`];
  });

const TIES: readonly KongMatchCase[] = [
  ...equal('the same prefix', PATH, PATH, '/a'),
  ...equal('different methods and headers of one number', METHOD, { methods: ['GET', 'PUT'] }),
  ...equal('regexes of one priority', { paths: ['~/a'] }, { paths: ['~/a(?:)'] }, '/a'),
  ...equal('different headers', { headers: { x: ['1'] } }, { headers: { y: ['2'] } }),
  ...equal('a method and a wildcard', METHOD, { hosts: ['*.test'] }),
  ...equal('sources and destinations', SOURCE, DESTINATION),
  ...equal('regex_priority of prefixes', { ...PATH, regexPriority: 5 }, PATH, '/a'),
];

/** Kong/kong#10151: without the split a route's longest path counted for all of them. */
const SPLIT: readonly KongMatchCase[] = [
  [
    '§3',
    'every length of a route competes by itself',
    [
      { name: 'many', paths: ['/', '/a/b/c/d', '/a/b'] },
      { name: 'one', paths: ['/a'] },
    ],
    'GET http://h/a/x',
    'one /a',
  ],
  [
    '§3',
    'and wins where it is longer',
    [
      { name: 'many', paths: ['/', '/a/b/c/d', '/a/b'] },
      { name: 'one', paths: ['/a'] },
    ],
    'GET http://h/a/b/x',
    'many /a/b',
  ],
  [
    '§3',
    'and loses where it is shorter',
    [
      { name: 'many', paths: ['/', '/a/b/c/d', '/a/b'] },
      { name: 'one', paths: ['/a'] },
    ],
    'GET http://h/x',
    'many /',
  ],
  [
    '§3',
    'a regex of a route beats its own prefixes',
    [{ name: 'r', paths: ['/a/b/c', '~/a'] }],
    'GET http://h/a/b/c',
    'r /a',
  ],
  ['§3 3', 'headers are counted to 255', manyHeaders(256, 300), headersRequest(300), 'few'],
  ['§3 3', 'and below that exactly', manyHeaders(254, 255), headersRequest(300), 'many'],
];

function manyHeaders(few: number, many: number) {
  const headers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`h${i}`, ['1']]));
  return [
    { name: 'few', headers: headers(few) },
    { name: 'many', headers: headers(many) },
  ];
}

function headersRequest(count: number) {
  return [
    'GET http://h/',
    { headers: Array.from({ length: count }, (_, i) => [`h${i}`, '1']).flat() },
  ] as const;
}

describe('KongMatcher, among several routes', () => {
  it.each(ORDER)('%s: %s', (_section, _what, worse, best) => {
    const alone = compileKongRoutes(kongRoutes([worse])).matcher;
    const both = compileKongRoutes(kongRoutes([worse, best])).matcher;

    expect(alone.match(kongRequest(...GET_H))?.route.name).toBe('worse');
    expect(both.match(kongRequest(...GET_H))?.route.name).toBe('best');
  });

  it.each([...TIES, ...SPLIT])('%s: %s', (...row) => {
    expectMatch(row);
  });
});
