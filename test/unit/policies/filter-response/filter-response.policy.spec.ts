import { describe, expect, it } from 'vitest';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import {
  FilterResponse,
  Unfiltered,
} from '../../../../src/policies/filter-response/filter-response.decorator.js';
import type { FilterResponseOptions } from '../../../../src/policies/filter-response/filter-response.options.js';
import { FilterResponsePolicy } from '../../../../src/policies/filter-response/filter-response.policy.js';

const policy = new FilterResponsePolicy();
const check = (options: unknown): readonly string[] => policy.check(options as FilterResponseOptions);

describe('the filter-response policy', () => {
  it('buffers up to 1 MiB unless told otherwise, and says so', () => {
    expect(policy.compile({ omit: ['ssn'] }).bufferLimitBytes).toBe(1_048_576);
    expect(policy.compile({ pick: ['id'], limitBytes: 100 }).bufferLimitBytes).toBe(100);
  });

  it('is described by its paths, four at most', () => {
    expect(policy.describe({ omit: ['ssn', 'a.b'] })).toBe('omit ssn, a.b');
    expect(policy.describe({ pick: ['a', 'b', 'c', 'd', 'e', 'f'] })).toBe('pick a, b, c, d and 2 more');
  });

  it('finds a sound declaration sound', () => {
    expect(check({ omit: ['ssn', 'orders.card.number'], limitBytes: 1 })).toEqual([]);
  });

  it.each([
    [{}, /names no field/],
    [null, /must be an object/],
    [{ omit: ['a'], pick: ['b'] }, /both given/],
    [{ omit: [] }, /omit is \[\]; must list at least one path/],
    [{ pick: 'id' }, /pick is "id"; must list/],
    [{ omit: ['a..b'] }, /omit holds "a\.\.b"/],
    [{ omit: [''] }, /omit holds ""/],
    [{ omit: [7] }, /omit holds 7/],
    [{ omit: ['a'], limitBytes: 0 }, /limitBytes is 0; must be a whole number/],
    [{ omit: ['a'], limitBites: 5 }, /did you mean limitBytes/],
  ])('tells what is wrong with %j', (options, problem) => {
    expect(check(options)).toEqual([expect.stringMatching(problem)]);
  });

  it('is declared by @FilterResponse and switched off by @Unfiltered with a reason', () => {
    @FilterResponse({ omit: ['ssn'] })
    class Users {
      @Unfiltered('the photo is not JSON')
      photo(this: void): void {}
    }

    expect(declaredPolicies(Users)).toEqual([
      { policy: 'filter-response', options: { omit: ['ssn'] }, writtenAs: '@FilterResponse' },
    ]);
    expect(declaredPolicies(Users.prototype.photo)).toEqual([
      {
        policy: 'filter-response',
        options: undefined,
        reason: 'the photo is not JSON',
        writtenAs: '@Unfiltered',
      },
    ]);
    expect(() => Unfiltered('')).toThrow('@Unfiltered needs a reason');
  });
});
