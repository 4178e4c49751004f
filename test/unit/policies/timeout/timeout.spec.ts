import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import type { TimeoutOptions } from '../../../../src/contracts/upstream-definition.js';
import { Timeout } from '../../../../src/policies/timeout/timeout.decorator.js';
import { TimeoutPolicy } from '../../../../src/policies/timeout/timeout.policy.js';

const policy = new TimeoutPolicy();

function optionsOf(timeouts: number | TimeoutOptions): TimeoutOptions {
  @Timeout(timeouts)
  class ReportsController {}
  return declaredPolicies(ReportsController)[0]?.options as TimeoutOptions;
}

describe('@Timeout', () => {
  it('puts its clocks on the exchange, where upstream calls read them', () => {
    const exchange = new Exchange(
      {} as IncomingMessage,
      {} as ServerResponse,
      'GET',
      '/',
      '',
      '10.0.0.1',
      'id-1',
      0,
      undefined,
    );

    policy.compile(optionsOf({ headersMs: 200, idleMs: 0 })).before?.(exchange);

    expect(policy.stage()).toBe('shape');
    expect(exchange.timeouts).toEqual({ headersMs: 200, idleMs: 0 });
  });

  it('gives a plain number to the whole wait for the answer', () => {
    expect(optionsOf(2_000)).toEqual({ headersMs: 2_000, totalMs: 2_000 });
    expect(policy.describe(optionsOf(2_000))).toBe('headers 2000ms, total 2000ms');
  });

  it('is not changed by whoever holds the options it was given', () => {
    const given: { totalMs: number } = { totalMs: 5 };
    const options = optionsOf(given);

    given.totalMs = 50;

    expect(options).toEqual({ totalMs: 5 });
  });

  it('is told everything that is wrong with it at once', () => {
    const given = { connectMs: -1, headersMs: 1.5, totalMs: 86_400_001, readMs: 5 } as TimeoutOptions;

    expect(policy.check(given)).toEqual([
      'connectMs is -1; must be a whole number, 0–86400000.',
      'headersMs is 1.5; must be a whole number, 0–86400000.',
      'totalMs is 86400001; must be a whole number, 0–86400000.',
      'readMs is not an option; there are connectMs, headersMs, idleMs, totalMs.',
    ]);
    expect(policy.check({})).toEqual([
      'no clock is set; must be one of connectMs, headersMs, idleMs, totalMs.',
    ]);
    expect(policy.check(optionsOf(2_000))).toEqual([]);
  });
});
