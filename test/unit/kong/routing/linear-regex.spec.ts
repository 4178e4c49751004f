import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearRegex } from '../../../../src/kong/routing/linear-regex.js';
import { LIMIT_MS, runs } from '../../../support/proof-size.js';

const SEED = 20_261_129;
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

function compiled(source: string): LinearRegex {
  const regex = LinearRegex.compile(source, 'from the start');
  if (typeof regex === 'string') throw new Error(`${source} ${regex}`);
  return regex;
}

function capturesOf(source: string, text: string): Record<string, string> | undefined {
  const regex = compiled(source);
  const positions = regex.locate(text);
  return positions && regex.captures(text, positions);
}

describe('LinearRegex', () => {
  it.each([
    ['§7 look-ahead', '/(?=a)', /looks ahead or behind.*regex_priority \(\(\?=\)/],
    ['§7 negative look-ahead', '/(?!admin)', /looks ahead or behind/],
    ['§7 look-behind', '/(?<=a)b', /looks ahead or behind/],
    ['§7 negative look-behind', '/(?<!a)b', /looks ahead or behind/],
    ['§7 a reference by number', '/(a)\\1', /refers back to a group.*\(\\1\)/],
    ['§7 a reference by name', '/(?<n>a)\\k<n>', /refers back to a group/],
    ['§7 a reference by \\g', '/(a)\\g1', /refers back to a group/],
    ['§7 an atomic group', '/(?>a+)b', /holds on to what it matched/],
    ['§7 a possessive repetition', '/a++b', /holds on to what it matched/],
    ['§7 a possessive star', '/a*+b', /holds on to what it matched/],
    ['§7 a possessive option', '/a?+b', /holds on to what it matched/],
    ['§7 a condition', '/(a)?(?(1)b|c)', /has a condition or calls itself/],
    ['§7 a recursion', '/(a(?R)?b)', /has a condition or calls itself/],
    ['§7 a recursion by number', '/(a(?1)?b)', /has a condition or calls itself/],
    ['§7 a comment', '/a(?#b)', /has a comment/],
    ['an open group', '/(a', /is no regex: missing closing \)/],
    ['a closed group that was never open', '/a)(b', /is no regex/],
    ['an open class', '/[a', /is no regex: missing closing \]/],
    ['a range from high to low', '/[z-a]', /is no regex: invalid character class range/],
    ['an unknown escape', '/\\y', /is no regex: invalid escape sequence \(\\y\)/],
    ['a backslash at the end', '/a\\', /is no regex/],
    ['a repetition of a repetition', '/a**', /is no regex/],
    ['a repetition of nothing', '*a', /is no regex/],
    ['too many repetitions', '/a{1001}', /is no regex: invalid repeat count/],
    ['repetitions of repetitions', '/((a{100}){100}){100}', /is no regex: invalid repeat count/],
    ['one name for two groups', '/(?<n>a)(?<n>b)', /is no regex: duplicate capture group name/],
    ['a name that is a number', '/(?<2>a)(b)', /has a group named '2'/],
    ['an unknown class', '/\\p{Klingon}', /is no regex/],
  ])('refuses %s: %s', (_what, source, reason) => {
    expect(LinearRegex.compile(source, 'from the start')).toMatch(reason);
  });

  it.each([
    ['2,048 characters', `/${'(?:)'.repeat(511)}abc`, undefined],
    ['2,049 characters', `/${'(?:)'.repeat(512)}`, /has 2049 characters; must be at most 2048/],
    ['256 instructions', `${'a'.repeat(254)}`, undefined],
    ['257 instructions', `${'a'.repeat(255)}`, /compiles to 257 instructions; must be at most 256/],
    ['10,000 instructions', '/(?:a{100}){10}(?:b{100}){10}', /instructions; must be at most 256/],
    ['48 places', '/(?:[ab]*a[ab]{41})x', undefined],
    ['49 places', '/(?:[ab]*a[ab]{42})x', /can be at 49 places at once.*must be at most 48/],
    ['a repetition behind an endless one', '/((a|b|c)*).{60}z', /places at once/],
    ['repetitions in repetitions', '/(?:(a*)(a*)(a*)(a*)(a*)){6}z', /can be at 120 places at once/],
    ['more ways on than are looked at', '/(?:[ab]*a[ab]{0,40}){2}x', /places at once/],
    ['a long literal', `/${'abc'.repeat(80)}`, undefined],
    ['two UUIDs', `/(?<a>${UUID})/x/(?<b>${UUID})$`, undefined],
    ['counted segments', '/[a-z]{1,32}/[a-z]{1,32}/[0-9]{1,20}$', undefined],
    ['many alternatives', '/(?:en|de|fr|it|es|pt|nl|pl|ru|zh|ja|ko)(?:-[A-Z]{2})?/.*', undefined],
    ['file endings', '/static/.*\\.(?:js|css|png|jpg|jpeg|gif|svg|ico|woff2?|ttf|map|txt|xml)$', undefined],
    ['many segments', `${'/([^/]+)'.repeat(30)}$`, undefined],
    ['a Unicode class', '/\\pL', undefined],
    ['many Unicode classes', '/\\pL{40}', /automaton of \d+ KiB; must be at most 256 KiB/],
  ])('bounds %s', (_what, source, reason) => {
    const regex = LinearRegex.compile(source, 'from the start');

    if (reason === undefined) expect(regex).toBeInstanceOf(LinearRegex);
    else expect(regex).toMatch(reason);
  });

  it.each([
    ['/api/(?<id>\\d+)', '/api/'],
    ['/(users|user-list)', '/user'],
    ['/a?b', '/'],
    ['/ab+c', '/ab'],
    ['/x(?:y|z)', '/x'],
    ['/x|/y', '/'],
    ['(?:/v1)?/x', ''],
    ['/(?i)abc', '/'],
    ['/a\\.b', '/a.b'],
    ['/\\Qa.b\\E.', '/a.b'],
    ['.*', ''],
  ])('knows that every match of %s begins with "%s"', (source, literal) => {
    expect(compiled(source).literalPrefix).toBe(literal);
  });

  it.each([
    ['§3 named', '/(?<id>\\d+)/(?<what>\\w+)', '/42/x', { '1': '42', '2': 'x', id: '42', what: 'x' }],
    ['§3 numbered', '/(\\d+)/(\\w+)', '/42/x', { '1': '42', '2': 'x' }],
    ['§3 both', '/(\\d+)/(?<what>\\w+)', '/42/x', { '1': '42', '2': 'x', what: 'x' }],
    ['§3 one that took no part', '/(a)?(?<b>b)?', '/b', { '2': 'b', b: 'b' }],
    ['§3 an empty one', '/(a*)', '/b', { '1': '' }],
    ['§3 nested', '/((a)b)', '/ab', { '1': 'ab', '2': 'a' }],
    ['§3 a repeated one keeps its last', '/(?:(\\d)/)+', '/1/2/3', { '1': '2' }],
    ['§3 none', '/(?:a)', '/a', undefined],
    ['§3 escapes stay as they are', '/(.*)', '/caf%C3%A9', { '1': 'caf%C3%A9' }],
    ['a name that objects inherit', '/(?<__proto__>a)', '/a', { '1': 'a', ['__proto__']: 'a' }],
  ])('captures: %s', (_what, source, text, captures) => {
    const found = capturesOf(source, text);

    expect(found && new Map(Object.entries(found))).toEqual(captures && new Map(Object.entries(captures)));
  });

  const token = fc.oneof(
    fc.constantFrom(
      '/',
      'a',
      'b',
      '.',
      '\\d',
      '\\w',
      '\\b',
      '^',
      '$',
      '[ab]',
      '[^/]',
      '|',
      '(',
      ')',
      '(?:',
      '(?<n>',
      '(?i)',
    ),
    fc.constantFrom(
      '*',
      '+',
      '?',
      '*?',
      '+?',
      '{2}',
      '{0,3}',
      '{100}',
      '{1000}',
      '(?=',
      '\\1',
      '\\pL',
      '[',
      ']',
      '\\Q',
      '\\',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const source = fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(''));
  const text = fc
    .array(fc.constantFrom('/', 'a', 'b', 'ab', '1', 'é', '%C3', '\n', '😀'), { maxLength: 12 })
    .map((parts) => parts.join(''));

  it(
    'takes or refuses whatever is written, in bounded time, and says the same of a text each way it is asked',
    () => {
      const seen = { refused: 0, matched: 0, not: 0 };
      let slowest = 0;

      fc.assert(
        fc.property(source, text, (written, asked) => {
          const startedAt = performance.now();
          const regex = LinearRegex.compile(written, 'from the start');
          const anywhere = LinearRegex.compile(written, 'anywhere, in any case');
          if (typeof regex !== 'string' && typeof anywhere !== 'string') {
            const positions = regex.locate(asked);
            const matches = regex.matches(asked);

            expect(matches).toBe(positions !== undefined);
            if (positions !== undefined) {
              expect(positions[0]).toBe(0);
              expect(asked.startsWith(regex.literalPrefix)).toBe(true);
              expect(anywhere.matches(asked)).toBe(true);
              expect(
                Object.keys(regex.captures(asked, positions) ?? {}).every((name) =>
                  regex.captureNames.includes(name),
                ),
              ).toBe(true);
            }
            seen[matches ? 'matched' : 'not']++;
          } else {
            seen.refused++;
          }
          slowest = Math.max(slowest, performance.now() - startedAt);
        }),
        { seed: SEED, numRuns: runs(3_000) },
      );

      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs(100));
      expect(slowest).toBeLessThan(2_000);
    },
    LIMIT_MS,
  );

  /** Texts of the longest path there may be, against patterns that make a backtracking engine or an automaton work. */
  const LENGTH = 8_192;
  const shuffled = (letters: string, seed = 1) => {
    let state = seed;
    return Array.from({ length: LENGTH }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return letters[(state >>> 16) % letters.length];
    }).join('');
  };
  it.each([
    ['nested repetitions', '/(a+)+$', `/${'a'.repeat(LENGTH)}b`],
    ['alternatives that overlap', '/(a|a|aa)+$', `/${'a'.repeat(LENGTH)}b`],
    ['many groups', '/(.*)(.*)(.*)(.*)(.*)x', `/${'a'.repeat(LENGTH)}`],
    ['many states', '/(a|b)*a(a|b){12}$', `/${shuffled('ab')}`],
    ['as many places at once as there may be', '/(?:[ab]*a[ab]{41})x', `/${shuffled('ab')}`],
    ['as many ways on as there may be', '/.*(?:.{0,10}a){2}z', `/${'a'.repeat(LENGTH)}`],
  ])('is not slowed down by %s (THREATS 97)', (_what, pattern, path) => {
    const regex = compiled(pattern);
    let fastest = Number.POSITIVE_INFINITY;

    for (let i = 0; i < 5; i++) {
      const startedAt = performance.now();
      regex.matches(path);
      regex.locate(path);
      fastest = Math.min(fastest, performance.now() - startedAt);
    }

    // Up to 9 ms on a machine that has nothing else to do.
    expect(fastest).toBeLessThan(30);
  });

  it('keeps little of what it saw, whatever it saw', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const regexes = Array.from({ length: 10 }, (_, i) => compiled(`/(a|b)*a(a|b){12}${i}`));
    collect();
    const before = process.memoryUsage().heapUsed;

    for (const [i, regex] of regexes.entries()) {
      for (let turn = 0; turn < 3; turn++) regex.matches(`/${shuffled('ab', i * 3 + turn + 1)}`);
    }
    collect();

    const kept = process.memoryUsage().heapUsed - before;
    // Still there, and with them whatever they keep.
    expect(regexes.every((regex) => regex.matches('/x'))).toBe(false);
    expect(kept).toBeLessThan(10 * 512 * 1024);
  });
});
