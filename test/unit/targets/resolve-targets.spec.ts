import { describe, expect, it } from 'vitest';
import type { UpstreamOptions } from '../../../src/contracts/upstream-definition.js';
import { env } from '../../../src/targets/env.js';
import { resolveTargets } from '../../../src/targets/resolve-targets.js';

const resolve = (declared: unknown, environment: Record<string, string> = {}) =>
  resolveTargets('user-service', declared as UpstreamOptions['targets'], environment);

const ids = (declared: unknown, environment?: Record<string, string>): string[] =>
  resolve(declared, environment).targets.map(({ id, weight }) => `${id}×${weight}`);

const messages = (declared: unknown, environment?: Record<string, string>): string[] =>
  resolve(declared, environment).problems.map(({ message }) => message);

describe('resolveTargets', () => {
  it.each([
    ['one URL', 'http://a:1', ['a:1×1']],
    ['a comma-separated list', 'http://a:1, http://b:2,', ['a:1×1', 'b:2×1']],
    ['a list with weights', ['http://a:1', { url: 'http://b:2', weight: 3 }], ['a:1×1', 'b:2×3']],
    ['a target switched off', ['http://a:1', { url: 'http://b:2', weight: 0 }], ['a:1×1', 'b:2×0']],
    ['TLS', 'https://a', ['a:443×1']],
    ['an IPv6 address', 'http://[::1]:3001', ['[::1]:3001×1']],
  ])('takes %s', (_what, declared, expected) => {
    expect([messages(declared), ids(declared)]).toEqual([[], expected]);
  });

  it('reads the variable before the fallback', () => {
    const declared = env('USERS_URL', 'http://fallback:1');

    expect(ids(declared, { USERS_URL: 'http://a:1,http://b:1' })).toEqual(['a:1×1', 'b:1×1']);
    expect(ids(declared, {})).toEqual(['fallback:1×1']);
    expect(ids(declared, { USERS_URL: ' ' })).toEqual(['fallback:1×1']);
  });

  it('names a variable that is not set and has no fallback', () => {
    const problems = messages(env('USERS_URL'));

    expect(problems).toEqual(['USERS_URL is not set and has no fallback; set it to http://host:port.']);
  });

  it('names the variable whose value is wrong', () => {
    const problems = messages(env('USERS_URL'), { USERS_URL: 'http://a:1,http://b:99999' });

    expect(problems).toEqual(['USERS_URL[1] is "http://b:99999"; its port must be 1–65535.']);
  });

  it('does not read a prototype as a variable', () => {
    expect(messages(env('constructor'))[0]).toContain('is not set');
  });

  it.each([
    ['an empty list', [], 'targets is empty; at least one must take calls.'],
    ['no weight at all', [{ url: 'http://a:1', weight: 0 }], 'targets all have weight 0'],
    [
      'a negative weight',
      [{ url: 'http://a:1', weight: -1 }],
      'targets.weight is -1; must be a whole number',
    ],
    ['a misspelled weight', [{ url: 'http://a:1', wieght: 2 }], 'did you mean targets.weight?'],
    ['the same target twice', ['http://a:1', 'http://A:1/'], 'targets[1] is a:1 once more'],
    ['a number', 3001, 'targets is 3001; must be a URL'],
    ['a hole in the list', [undefined], 'targets is undefined; must be a URL or { url, weight }'],
    ['a bad variable name', { variable: 'USERS URL' }, 'refers to "USERS URL"'],
  ])('refuses %s', (_what, declared, expected) => {
    const problems = messages(declared);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('lists every mistake at once', () => {
    const problems = messages(['http://a:0', 'http://b/users', 'http://c:1', { url: 'nope', weight: 2 }]);

    expect(problems).toHaveLength(3);
  });
});
