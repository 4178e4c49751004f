import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/contracts/gateway-error.js';
import type { BreakerOptions } from '../../../src/contracts/upstream-definition.js';
import { type BreakerState, SILENT_OBSERVER } from '../../../src/contracts/upstream-observer.js';
import { Breaker } from '../../../src/resilience/breaker.js';
import { resolveBreaker } from '../../../src/resilience/breaker.options.js';
import { circuitOptions } from '../../../src/resilience/circuit.js';

const boom = (): Promise<never> => Promise.reject(new GatewayError('upstream-reset'));
const fine = (): Promise<string> => Promise.resolve('fine');

let breaker: Breaker;
let changes: BreakerState[];
let failures: number;
let rejections: number;

function breakerWith(options: BreakerOptions): Breaker {
  const observer = {
    ...SILENT_OBSERVER,
    breakerChanged: (_: string, state: BreakerState) => changes.push(state),
    breakerFailed: () => failures++,
    breakerRejected: () => rejections++,
  };
  breaker = new Breaker('user-service', resolveBreaker(options), observer);
  return breaker;
}

async function fail(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await breaker.run(boom).catch(() => undefined);
}

async function succeed(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await breaker.run(fine);
}

/** Open, and the time for the trial has come. */
async function halfOpen(): Promise<void> {
  await fail(2);
  vi.advanceTimersByTime(1_000);
}

const refused = (): Promise<GatewayError> =>
  breaker.run(fine).then(
    () => expect.fail(),
    (e) => e,
  );

beforeEach(() => {
  vi.useFakeTimers();
  changes = [];
  failures = 0;
  rejections = 0;
});

afterEach(() => {
  breaker?.shutdown();
  vi.useRealTimers();
});

describe('Breaker: when it opens', () => {
  it('opens at exactly the stated share of failures, although opossum asks for more', async () => {
    breakerWith({ errorPercent: 50, volume: 4 });

    await succeed(2);
    await fail(2);

    expect(breaker.state).toBe('open');
  });

  it('stays closed one failure below the share', async () => {
    breakerWith({ errorPercent: 50, volume: 4 });

    await succeed(3);
    await fail(2);

    expect(breaker.state).toBe('closed');
  });

  it.each([1, 3, 7, 29, 33, 57, 99, 100])('means at least %i %', async (errorPercent) => {
    breakerWith({ errorPercent, volume: 100 });

    await succeed(100 - errorPercent);
    await fail(errorPercent - 1);
    const before = breaker.state;
    await fail(1);

    expect([before, breaker.state]).toEqual(['closed', 'open']);
  });

  it('stays closed below the volume, however many of its calls fail', async () => {
    breakerWith({ volume: 5 });

    await fail(4);
    const before = breaker.state;
    await fail(1);

    expect([before, breaker.state]).toEqual(['closed', 'open']);
  });

  it('has a minimum volume by default', async () => {
    breakerWith({});

    await fail(19);

    expect(breaker.state).toBe('closed');
  });

  it('does not let calls still in flight hide the failures of those that ended', async () => {
    breakerWith({ errorPercent: 50, volume: 4 });
    for (let i = 0; i < 100; i++) void breaker.run(() => new Promise(() => {}));

    await fail(4);

    expect(breaker.state).toBe('open');
  });

  it('forgets failures that left the window', async () => {
    breakerWith({ volume: 4, windowMs: 1_000 });

    await fail(3);
    vi.advanceTimersByTime(1_100);
    await fail(1);

    expect(breaker.state).toBe('closed');
  });

  it('counts a result that is a failure and hands it back all the same', async () => {
    breakerWith({ volume: 1 });

    const result = await breaker.run(
      async () => 503,
      (status) => status === 503,
    );

    expect([result, breaker.state]).toEqual([503, 'open']);
  });

  it('is open before the failed call returns, so that a retry already knows', () => {
    breakerWith({ volume: 1 });

    breaker.enter().failed();

    expect(breaker.admits).toBe(false);
  });
});

describe('Breaker: what does not count', () => {
  it('ignores errors of the client and of the gateway', async () => {
    breakerWith({ volume: 1 });

    for (const code of ['client-closed', 'body-too-large', 'overloaded', 'internal'] as const)
      await breaker.run(() => Promise.reject(new GatewayError(code))).catch(() => undefined);

    expect([breaker.state, breaker.stats(), failures]).toEqual([
      'closed',
      { successes: 0, failures: 0, rejected: 0 },
      0,
    ]);
  });

  it('ignores calls that began before it opened, whatever became of them', async () => {
    breakerWith({ volume: 2, resetMs: 1_000 });
    const slowFailure = breaker.enter();
    const slowSuccess = breaker.enter();

    await halfOpen();
    slowSuccess.succeeded();
    const afterSuccess = breaker.state;
    slowFailure.failed();

    expect([afterSuccess, breaker.state, breaker.admits]).toEqual(['half-open', 'half-open', true]);
  });

  it('takes the first verdict on a call only', () => {
    breakerWith({ volume: 3 });
    const pass = breaker.enter();

    pass.succeeded();
    pass.failed();
    pass.failed();

    expect(breaker.stats()).toEqual({ successes: 1, failures: 0, rejected: 0 });
  });
});

describe('Breaker: open', () => {
  it('refuses with 503, the name, and the whole seconds until the trial', async () => {
    breakerWith({ volume: 2, resetMs: 10_000 });
    await fail(2);
    vi.advanceTimersByTime(2_500);

    const error = await refused();

    expect(error).toMatchObject({
      code: 'breaker-open',
      status: 503,
      upstream: 'user-service',
      headers: ['Retry-After', '8'],
    });
    expect(error.detail).toContain('user-service');
    expect([rejections, breaker.stats().rejected]).toEqual([1, 1]);
  });

  it('never says less than one second', async () => {
    breakerWith({ volume: 2, resetMs: 100 });
    await fail(2);

    const error = await refused();

    expect(error.headers).toEqual(['Retry-After', '1']);
  });

  it('does not run the call', async () => {
    breakerWith({ volume: 2 });
    const action = vi.fn(fine);
    await fail(2);

    await breaker.run(action).catch(() => undefined);

    expect(action).not.toHaveBeenCalled();
  });
});

describe('Breaker: half-open', () => {
  it('lets exactly one trial through', async () => {
    breakerWith({ volume: 2, resetMs: 1_000 });
    await halfOpen();

    breaker.enter();
    const error = await refused();

    expect([error.code, error.headers]).toEqual(['breaker-open', ['Retry-After', '1']]);
  });

  it('closes when the trial succeeds and starts counting afresh', async () => {
    breakerWith({ volume: 2, windowMs: 60_000, resetMs: 1_000 });
    await halfOpen();

    await succeed(1);
    await fail(1);

    expect([breaker.state, breaker.stats()]).toEqual(['closed', { successes: 0, failures: 1, rejected: 0 }]);
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens again for the whole time when the trial fails', async () => {
    breakerWith({ volume: 2, resetMs: 1_000 });
    await halfOpen();

    await fail(1);
    vi.advanceTimersByTime(999);
    const before = breaker.state;
    vi.advanceTimersByTime(1);

    expect([before, breaker.state]).toEqual(['open', 'half-open']);
    expect(changes).toEqual(['open', 'half-open', 'open', 'half-open']);
  });

  it('gives the trial to the next call when its client leaves, and tells nobody of a change', async () => {
    breakerWith({ volume: 2, resetMs: 1_000 });
    await halfOpen();

    breaker.enter().abandoned();
    vi.advanceTimersByTime(1);
    const admitted = breaker.admits;
    await succeed(1);

    expect([admitted, breaker.state]).toEqual([true, 'closed']);
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });
});

describe('Breaker: bodies that break after the headers', () => {
  it('turns the success into a failure', async () => {
    breakerWith({ errorPercent: 100, volume: 3 });

    for (let i = 0; i < 3; i++) {
      await succeed(1);
      breaker.reportFailure();
    }

    expect([breaker.state, failures]).toEqual(['open', 3]);
  });

  it('counts such a call once', async () => {
    breakerWith({ volume: 100 });

    await succeed(4);
    breaker.reportFailure();

    expect(breaker.stats()).toEqual({ successes: 3, failures: 1, rejected: 0 });
  });

  it('leaves an open breaker and a waiting trial alone', async () => {
    breakerWith({ volume: 2, resetMs: 1_000 });
    await halfOpen();

    breaker.reportFailure();

    expect([breaker.state, breaker.admits]).toEqual(['half-open', true]);
  });
});

describe('Breaker: cost and end', () => {
  it('keeps percentiles, snapshots and timeouts of opossum off', () => {
    const options = circuitOptions('user-service', resolveBreaker());

    expect(options).toMatchObject({
      timeout: false,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      volumeThreshold: 20,
    });
  });

  it('runs one timer while closed, whatever the traffic', async () => {
    breakerWith({});

    await succeed(50);

    expect(vi.getTimerCount()).toBe(1);
  });

  it('leaves no timer behind and lets later calls pass uncounted', async () => {
    breakerWith({ volume: 2 });
    await fail(2);

    breaker.shutdown();
    const answer = await breaker.run(fine);

    expect([answer, vi.getTimerCount()]).toEqual(['fine', 0]);
  });

  it('bears calls that end after it was shut down', () => {
    breakerWith({ volume: 1 });
    const pass = breaker.enter();

    breaker.shutdown();
    pass.failed();

    expect([breaker.state, failures]).toEqual(['closed', 0]);
  });
});
