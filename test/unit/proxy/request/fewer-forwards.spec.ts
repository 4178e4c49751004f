import { describe, expect, it } from 'vitest';
import { fewerForwards } from '../../../../src/proxy/request/fewer-forwards.js';

describe('fewerForwards', () => {
  it.each([
    ['5', '4'],
    ['1', '0'],
    ['0', '0'],
    ['010', '9'],
  ])('counts %s of OPTIONS down to %s', (value, fewer) => {
    expect(fewerForwards('OPTIONS', value)).toBe(fewer);
  });

  it.each(['', '-1', '1.5', 'x', '5, 5', '9'.repeat(16)])(
    'leaves %j to the upstream: it is no number',
    (value) => {
      expect(fewerForwards('OPTIONS', value)).toBe(value);
    },
  );

  it.each(['GET', 'POST', 'HEAD'])('leaves it alone for %s, where it has no meaning', (method) => {
    expect(fewerForwards(method, '5')).toBe('5');
  });
});
