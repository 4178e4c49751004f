import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GatewayErrorCode } from '../../../../src/contracts/gateway-error.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { UpstreamOptions } from '../../../../src/contracts/upstream-definition.js';
import type { BodySink } from '../../../../src/contracts/upstream-response.js';
import type { UpstreamRuntime } from '../../../../src/proxy/upstream/upstream.runtime.js';
import {
  answer,
  callOf,
  deadConnection,
  errorOf,
  failing,
  OpenBody,
  ok,
  type Step,
  scripted as scriptedUpstream,
} from './scripted-upstream.js';

const running: UpstreamRuntime[] = [];

function scripted(steps: readonly Step[], options: Partial<UpstreamOptions> = {}) {
  const upstream = scriptedUpstream(steps, options);
  running.push(upstream.runtime);
  return upstream;
}

afterEach(() => {
  for (const runtime of running.splice(0)) runtime.close();
  vi.useRealTimers();
});

const unreachable = failing('upstream-unreachable', { sent: false });

describe('UpstreamRuntime: one attempt', () => {
  it('answers with the response under the upstream’s declared name', async () => {
    const { runtime } = scripted([{ answer: answer(404, 'no') }]);

    const response = await runtime.execute(callOf());

    expect([response.status, response.upstream, response.body.whole?.toString()]).toEqual([
      404,
      'user-service',
      'no',
    ]);
  });

  it('fills in what the recorder reads', async () => {
    const { runtime } = scripted([{ ...ok, takesMs: 12 }]);
    const call = callOf();

    await runtime.execute(call);

    expect(call.exchange).toMatchObject({
      upstream: 'user-service',
      upstreamStatus: 200,
      upstreamMs: 12,
      attempts: 1,
    });
  });

  it('tells the observer of the start and the end', async () => {
    const { runtime, observer } = scripted([ok]);

    await runtime.execute(callOf());

    expect(observer.notes).toEqual(['start 1 a', 'end 1 200']);
  });

  it('spreads calls over the targets', async () => {
    const { runtime, forwarder } = scripted([ok]);

    for (let i = 0; i < 4; i++) await runtime.execute(callOf());

    expect(forwarder.hosts).toBe('abab');
  });

  it.each<[GatewayErrorCode, number]>([
    ['upstream-unreachable', 502],
    ['upstream-reset', 502],
    ['upstream-protocol', 502],
    ['upstream-connect-timeout', 504],
    ['upstream-timeout', 504],
    ['overloaded', 503],
  ])('turns %s into %i with the name and without the address', async (code, status) => {
    const { runtime } = scripted([failing(code)], { retry: false });

    const error = await errorOf(runtime.execute(callOf()));

    expect([error.code, error.status, error.upstream]).toEqual([code, status, 'user-service']);
    expect(error.detail).toContain('user-service');
    expect(error.detail).not.toContain('10.0.0.7');
  });

  it('hands on what is no gateway error as it is and counts it nowhere', async () => {
    const mistake = new TypeError('a mistake in the code');
    const { runtime, observer } = scripted([{ error: mistake }], { breaker: { volume: 1 } });

    const thrown = await runtime.execute(callOf()).catch((error: unknown) => error);

    expect(thrown).toBe(mistake);
    expect(observer.notes).toEqual(['start 1 a', 'end 1 internal']);
  });
});

describe('UpstreamRuntime: retries', () => {
  it('tries an idempotent call once more, on another target', async () => {
    const { runtime, forwarder, observer } = scripted([failing('upstream-reset'), ok]);
    const call = callOf();

    const response = await runtime.execute(call);

    expect([response.status, forwarder.hosts, call.exchange.attempts]).toEqual([200, 'ab', 2]);
    expect(observer.notes).toEqual([
      'start 1 a',
      'end 1 upstream-reset',
      'failed',
      'retry upstream-reset',
      'start 2 b',
      'end 2 200',
    ]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])('takes %s for idempotent', async (method) => {
    const { runtime, forwarder } = scripted([failing('upstream-reset'), ok]);

    await runtime.execute(callOf(method));

    expect(forwarder.attempts).toHaveLength(2);
  });

  it.each(['POST', 'PATCH', 'get'])('sends %s once when any byte may have arrived', async (method) => {
    const { runtime, forwarder } = scripted([failing('upstream-reset'), ok]);

    const error = await errorOf(runtime.execute(callOf(method)));

    expect([error.code, forwarder.attempts.length]).toEqual(['upstream-reset', 1]);
  });

  it('tries a POST again when nothing of it was sent', async () => {
    const { runtime, forwarder } = scripted([unreachable, ok]);

    await runtime.execute(callOf('POST', Buffer.from('{}')));

    expect(forwarder.hosts).toBe('ab');
  });

  it.each([
    ['PUT', failing('upstream-reset'), 2],
    ['POST', failing('upstream-reset'), 1],
    ['POST', unreachable, 2],
  ] as const)('treats a gathered upload as a body in memory: %s', async (method, step, attempts) => {
    const { runtime, forwarder } = scripted([step, ok]);
    const body = { stream: Readable.from([]), length: 1, whole: Buffer.from('x') };

    await runtime.execute(callOf(method, body)).catch(() => {});

    expect(forwarder.attempts).toHaveLength(attempts);
  });

  it('sends a streamed body once', async () => {
    const { runtime, forwarder } = scripted([unreachable, ok]);
    const body = { stream: Readable.from(['x']), length: undefined };

    const error = await errorOf(runtime.execute(callOf('PUT', body)));

    expect([error.code, forwarder.attempts.length]).toEqual(['upstream-unreachable', 1]);
  });

  it.each<GatewayErrorCode>(['upstream-timeout', 'upstream-protocol', 'overloaded'])(
    'does not try again after %s',
    async (code) => {
      const { runtime, forwarder } = scripted([failing(code), ok]);

      const error = await errorOf(runtime.execute(callOf()));

      expect([error.code, forwarder.attempts.length]).toEqual([code, 1]);
    },
  );

  it('stops at the stated number of attempts and answers with the last error', async () => {
    const steps = [unreachable, unreachable, failing('upstream-connect-timeout', { sent: false })];
    const { runtime, forwarder } = scripted(steps, { retry: { attempts: 2 } });

    const error = await errorOf(runtime.execute(callOf()));

    expect([error.code, forwarder.hosts]).toEqual(['upstream-connect-timeout', 'aba']);
  });

  it('stays on the one target there is', async () => {
    const { runtime, forwarder } = scripted([unreachable, ok], { targets: 'http://a:1' });

    await runtime.execute(callOf());

    expect(forwarder.hosts).toBe('aa');
  });

  it('makes none when they are switched off', async () => {
    const { runtime, forwarder } = scripted([deadConnection, ok], { retry: false });

    await errorOf(runtime.execute(callOf()));

    expect(forwarder.attempts).toHaveLength(1);
  });

  it('keeps them within the budget, so that they do not multiply an outage', async () => {
    const { runtime, forwarder } = scripted([unreachable], { breaker: false });

    for (let i = 0; i < 100; i++) await errorOf(runtime.execute(callOf()));

    // 20 % of 100 calls, the first of which were few enough to fall under the minimum.
    expect(forwarder.attempts).toHaveLength(120);
  });

  it('discards the body and tries again on a status worth it', async () => {
    const body = new OpenBody();
    const { runtime, forwarder, observer } = scripted([{ answer: answer(503, body) }, ok], {
      retry: { statuses: [503] },
    });

    const response = await runtime.execute(callOf());

    expect([response.status, body.discarded, forwarder.hosts]).toEqual([200, true, 'ab']);
    expect(observer.notes).toContain('retry status 503');
  });

  it('hands the response back when its status may not be tried again', async () => {
    const { runtime, forwarder } = scripted([{ answer: answer(503, 'busy') }], {
      retry: { statuses: [503] },
    });

    const last = await runtime.execute(callOf());
    const post = await runtime.execute(callOf('POST'));

    expect([last.body.whole?.toString(), post.status, forwarder.attempts.length]).toEqual(['busy', 503, 3]);
  });
});

describe('UpstreamRuntime: a request that an HTTP/2 upstream left alone', () => {
  const refused = failing('upstream-reset', { sent: true, unprocessed: true });

  it('is made again, whatever its method, beyond the stated attempts, and counts as no failure', async () => {
    const { runtime, forwarder } = scripted([refused, ok], {
      retry: { attempts: 0, budgetPercent: 0 },
      breaker: { volume: 1 },
    });

    const response = await runtime.execute(callOf('POST'));

    expect([response.status, forwarder.attempts.length, runtime.breaker?.state]).toEqual([200, 2, 'closed']);
  });

  it('is made again for free once', async () => {
    const { runtime, forwarder } = scripted([refused], { retry: { attempts: 0 } });

    const error = await errorOf(runtime.execute(callOf('POST')));

    expect([error.code, forwarder.attempts.length]).toEqual(['upstream-reset', 2]);
  });
});

describe('UpstreamRuntime: a connection that died in the pool', () => {
  it('is replaced beyond the stated attempts, outside the budget, and counts as no failure', async () => {
    const { runtime, forwarder, observer } = scripted([deadConnection, ok], {
      retry: { attempts: 0, budgetPercent: 0 },
      breaker: { volume: 1 },
    });

    const response = await runtime.execute(callOf());

    expect([response.status, forwarder.attempts.length, runtime.breaker?.state]).toEqual([200, 2, 'closed']);
    expect(observer.notes).not.toContain('failed');
  });

  it('is replaced once', async () => {
    const { runtime, forwarder } = scripted([deadConnection], { retry: { attempts: 0 } });

    const error = await errorOf(runtime.execute(callOf()));

    expect([error.code, forwarder.attempts.length]).toEqual(['upstream-reset', 2]);
  });

  it('is no reason to send a POST twice', async () => {
    const { runtime, forwarder } = scripted([deadConnection, ok]);

    await errorOf(runtime.execute(callOf('POST', Buffer.from('{}'))));

    expect(forwarder.attempts).toHaveLength(1);
  });

  it.each([
    ['a fresh connection', { reused: false }],
    ['an answer that had begun', { reused: true, answered: true }],
  ])('is not what happened on %s', async (_what, trace) => {
    const { runtime, forwarder } = scripted([failing('upstream-reset', trace)], { retry: { attempts: 0 } });

    await errorOf(runtime.execute(callOf()));

    expect(forwarder.attempts).toHaveLength(1);
  });

  it('does not lose the trial of a half-open breaker', async () => {
    vi.useFakeTimers();
    const { runtime, forwarder } = scripted([failing('upstream-timeout'), deadConnection, ok], {
      breaker: { volume: 1, resetMs: 1_000 },
    });
    await errorOf(runtime.execute(callOf()));
    vi.advanceTimersByTime(1_000);

    const response = await runtime.execute(callOf());

    expect([response.status, forwarder.attempts.length, runtime.breaker?.state]).toEqual([200, 3, 'closed']);
  });
});

describe('UpstreamRuntime: the breaker', () => {
  it('answers 503 with Retry-After and calls nobody while it is open', async () => {
    const { runtime, forwarder, observer } = scripted([failing('upstream-timeout')], {
      breaker: { volume: 2 },
    });
    await errorOf(runtime.execute(callOf()));
    await errorOf(runtime.execute(callOf()));
    const call = callOf();

    const error = await errorOf(runtime.execute(call));

    expect([error.code, error.status, error.upstream, error.headers]).toEqual([
      'breaker-open',
      503,
      'user-service',
      ['Retry-After', '10'],
    ]);
    expect([forwarder.attempts.length, call.exchange.attempts, call.exchange.upstream]).toEqual([
      2,
      0,
      'user-service',
    ]);
    expect(observer.notes.slice(-2)).toEqual(['breaker open', 'rejected']);
  });

  it('counts the statuses it is told to, hands them back, and no 4xx', async () => {
    const steps = [{ answer: answer(429) }, { answer: answer(501) }, { answer: answer(503, 'busy') }];
    const { runtime } = scripted(steps, { breaker: { volume: 100 } });

    await runtime.execute(callOf());
    await runtime.execute(callOf());
    const response = await runtime.execute(callOf());

    expect(response.body.whole?.toString()).toBe('busy');
    expect(runtime.breaker?.stats()).toEqual({ successes: 2, failures: 1, rejected: 0 });
  });

  it('is not asked again by a retry once the first attempt opened it', async () => {
    const { runtime, forwarder } = scripted([unreachable], { breaker: { volume: 1 } });

    const error = await errorOf(runtime.execute(callOf()));

    expect([error.code, forwarder.attempts.length]).toEqual(['upstream-unreachable', 1]);
  });

  it('leaves a response whole when the retry it deserves is refused', async () => {
    const { runtime } = scripted([{ answer: answer(503, 'busy') }], {
      breaker: { volume: 1 },
      retry: { statuses: [503] },
    });

    const response = await runtime.execute(callOf());

    expect([response.status, response.body.whole?.toString()]).toEqual([503, 'busy']);
  });

  it('does not count what the gateway itself could not do', async () => {
    const { runtime } = scripted([failing('overloaded')], { breaker: { volume: 1 } });

    await errorOf(runtime.execute(callOf()));

    expect(runtime.breaker?.state).toBe('closed');
  });

  it('hears of a body that breaks after the headers, and names the upstream to the reader', async () => {
    const body = new OpenBody();
    const { runtime } = scripted([{ answer: answer(200, body) }], { breaker: { volume: 1 } });
    const sink = notingSink();

    const response = await runtime.execute(callOf());
    response.body.pipe(sink);
    body.sink?.write(Buffer.from('half'));
    body.sink?.fail(new GatewayError('upstream-reset', { detail: '10.0.0.7 reset' }));

    expect(runtime.breaker?.state).toBe('open');
    expect(sink.notes).toEqual(['half', 'user-service: user-service closed the connection early.']);
  });

  it('does not hear of a body that its client left', async () => {
    const body = new OpenBody();
    const { runtime } = scripted([{ answer: answer(200, body) }], { breaker: { volume: 1 } });
    const call = callOf();

    const response = await runtime.execute(call);
    response.body.pipe(notingSink());
    call.exchange.cancellation.cancel(new GatewayError('client-closed'));
    body.sink?.fail(new GatewayError('upstream-reset'));

    expect(runtime.breaker?.state).toBe('closed');
  });

  it('leaves a body that is in memory as it is', async () => {
    const response = answer(200, 'whole');
    const { runtime } = scripted([{ answer: response }]);

    const answered = await runtime.execute(callOf());

    expect(answered.body).toBe(response.body);
  });
});

describe('UpstreamRuntime: a client that leaves', () => {
  it('ends the call with its reason, without a retry or a mark against the upstream', async () => {
    const call = callOf();
    const gone = new GatewayError('client-closed');
    const leave: Step = { ...unreachable, meanwhile: () => call.exchange.cancellation.cancel(gone) };
    const { runtime, forwarder } = scripted([leave, ok], { breaker: { volume: 1 } });

    const error = await errorOf(runtime.execute(call));

    expect([error, forwarder.attempts.length, runtime.breaker?.state]).toEqual([gone, 1, 'closed']);
  });

  it('starts nothing when it left before', async () => {
    const { runtime, forwarder } = scripted([ok]);
    const call = callOf();
    call.exchange.cancellation.cancel(new GatewayError('client-closed'));

    const error = await errorOf(runtime.execute(call));

    expect([error.code, forwarder.attempts.length]).toEqual(['client-closed', 0]);
  });
});

describe('UpstreamRuntime: the deadline', () => {
  it('lets the upstream’s own clocks stand while there is time', async () => {
    const { runtime, forwarder } = scripted([ok], { timeout: { connectMs: 100, headersMs: 200 } });

    await runtime.execute(callOf());

    expect(forwarder.attempts[0]?.timeouts).toMatchObject({ connectMs: 100, headersMs: 200, idleMs: 60_000 });
  });

  it('shortens the clocks of a later attempt to what is left', async () => {
    const { runtime, forwarder } = scripted([{ ...unreachable, takesMs: 1_400.2 }, ok], {
      timeout: { connectMs: 1_000, headersMs: 2_000, totalMs: 2_000 },
    });

    await runtime.execute(callOf());

    expect(forwarder.attempts[1]?.timeouts).toEqual({ connectMs: 600, headersMs: 600, idleMs: 60_000 });
  });

  it('starts no attempt once it has passed', async () => {
    const { runtime, forwarder } = scripted([{ ...unreachable, takesMs: 2_000 }, ok], {
      timeout: { totalMs: 2_000 },
    });

    const error = await errorOf(runtime.execute(callOf()));

    expect([error.code, forwarder.attempts.length]).toEqual(['upstream-unreachable', 1]);
  });

  it('puts a route’s clocks in place of the upstream’s, each on its own', async () => {
    const { runtime, forwarder } = scripted([ok], { timeout: { connectMs: 100, headersMs: 200 } });
    const call = callOf();
    call.exchange.timeouts = { headersMs: 30_000 };

    await runtime.execute(call);

    expect(forwarder.attempts[0]?.timeouts).toMatchObject({ connectMs: 100, headersMs: 30_000 });
  });
});

describe('UpstreamRuntime: status and end', () => {
  it('tells its name, targets, breaker and whether it is healthy', async () => {
    const { runtime, forwarder } = scripted([failing('upstream-timeout')], {
      breaker: { volume: 1 },
      critical: true,
    });
    const before = runtime.status();

    await errorOf(runtime.execute(callOf()));
    Object.assign(forwarder, { stats: () => new Map([['a:1', { busy: 1, idle: 2, waiting: 0 }]]) });
    const after = runtime.status();

    expect([before.healthy, after.healthy]).toEqual([true, false]);
    expect(before.targets[0]).toEqual({ id: 'a:1', weight: 1, pool: undefined });
    expect(after).toMatchObject({
      name: 'user-service',
      critical: true,
      breaker: { state: 'open', successes: 0, failures: 1, rejected: 0 },
      targets: [{ id: 'a:1', pool: { busy: 1, idle: 2, waiting: 0 } }, { id: 'b:1' }],
    });
  });

  it('is healthy without a breaker', () => {
    const { runtime } = scripted([ok], { breaker: false });

    expect(runtime.status()).toMatchObject({ healthy: true, breaker: undefined });
  });

  it('closes its connections and keeps no timer', () => {
    vi.useFakeTimers();
    const { runtime, forwarder } = scripted([ok]);

    runtime.close();

    expect([forwarder.closed, vi.getTimerCount()]).toEqual([true, 0]);
  });
});

function notingSink(): BodySink & { notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    write: (chunk) => notes.push(chunk.toString()) > 0,
    end: () => void notes.push('end'),
    fail: (error) => void notes.push(`${error.upstream}: ${error.detail}`),
  };
}
