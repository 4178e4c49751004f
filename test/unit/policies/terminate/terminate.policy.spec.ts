import { describe, expect, it } from 'vitest';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import { NoTerminate, Terminate, terminate } from '../../../../src/policies/terminate/terminate.decorator.js';
import { TerminatePolicy } from '../../../../src/policies/terminate/terminate.policy.js';

describe('the terminate policy', () => {
  const policy = new TerminatePolicy();

  it.each([
    [{}, '503'],
    [{ status: 410, message: 'gone' }, '410'],
    [{ status: 200, echo: true }, '200, echoes'],
    [{ trigger: 'X-Drill' }, '503 for X-Drill'],
    [{ echo: true, trigger: 'X-Drill' }, '503, echoes for X-Drill'],
  ])('describes %j as %s in the route table', (options, text) => {
    expect(policy.check(options)).toEqual([]);
    expect(policy.describe(options)).toBe(text);
  });

  it('stands behind identity and quota, and is carried out at the edge', () => {
    expect(policy.stage()).toBe('shape');
    expect(policy.atTheEdge).toBe(true);
  });

  it('is declared on a class, on a method, for all, and taken off with a reason', () => {
    @Terminate({ status: 410 })
    class OldController {}
    @NoTerminate('still needed')
    class KeptController {}

    expect(declaredPolicies(OldController)).toEqual([
      { policy: 'terminate', options: { status: 410 }, writtenAs: '@Terminate' },
    ]);
    expect(declaredPolicies(KeptController)).toMatchObject([{ options: undefined, reason: 'still needed' }]);
    expect(terminate()).toEqual({ policy: 'terminate', options: {}, writtenAs: 'terminate(…)' });
    expect(() => NoTerminate(' ')).toThrow('needs a reason');
  });
});
