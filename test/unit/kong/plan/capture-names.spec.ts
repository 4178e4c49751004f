import { describe, expect, it } from 'vitest';
import { captureNames, captureValues } from '../../../../src/kong/plan/capture-names.js';

describe('the parameters of a route', () => {
  it.each([
    ['§3 captures: no regex', ['/a'], []],
    ['§3 captures: named', ['~/(?<id>\\d+)'], ['id']],
    ['§3 captures: by number', ['~/(a|b)/(?:c)/(d)'], ['1', '2']],
    ['§3 captures: both', ['~/(a)/(?<b>x)'], ['1', 'b']],
    ['§3 captures: parentheses that are text', ['~/\\((?<a>[(]x)\\)'], ['a']],
    ['§3 captures: the same in two paths', ['~/u/(?<id>.)', '~/v/(?<id>.)'], ['id']],
    ['§3 captures: different ones in two paths', ['~/(?<a>.)', '~/(?<b>.)'], ['1', 'a', 'b']],
    ['§3 captures: one beside a prefix', ['/p', '~/(?<a>.)'], ['a']],
  ])('%s', (_row, paths, names) => {
    expect(captureNames(paths)).toEqual(names);
  });

  it('§3 captures: have values by number and by name, in the order of the names', () => {
    expect(captureValues(['1', 'b', 'gone'], { '1': 'x', '2': 'y', b: 'y' })).toEqual(['x', 'y', '']);
  });
});
