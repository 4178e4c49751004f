import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cancellation } from '../../../../src/contracts/cancellation.js';
import type { Clock } from '../../../../src/contracts/clock.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import type {
  AttemptTimeouts,
  AttemptTrace,
  Forwarder,
  Target,
} from '../../../../src/contracts/forwarder.js';
import { GatewayError, type GatewayErrorCode } from '../../../../src/contracts/gateway-error.js';
import type { UpstreamOptions } from '../../../../src/contracts/upstream-definition.js';
import type { UpstreamObserver } from '../../../../src/contracts/upstream-observer.js';
import type { RequestBody, UpstreamRequest } from '../../../../src/contracts/upstream-request.js';
import {
  type BodyFlow,
  type BodySink,
  type ResponseBody,
  UpstreamResponse,
  WholeBody,
} from '../../../../src/contracts/upstream-response.js';
import { UpstreamRequestBuilder } from '../../../../src/proxy/request/upstream-request.builder.js';
import { resolveUpstream } from '../../../../src/proxy/upstream/resolve-upstream.js';
import { UpstreamRuntime } from '../../../../src/proxy/upstream/upstream.runtime.js';
import type { UpstreamSettings } from '../../../../src/proxy/upstream/upstream.settings.js';

/** What one attempt does, and what it costs in milliseconds of the test's clock. */
export interface Step {
  readonly answer?: UpstreamResponse;
  readonly error?: unknown;
  readonly trace?: Partial<AttemptTrace>;
  readonly takesMs?: number;
  /** Runs while the attempt waits. */
  readonly meanwhile?: () => void;
}

export interface Attempt {
  readonly request: UpstreamRequest;
  readonly target: Target;
  readonly timeouts: AttemptTimeouts;
}

/** A clock the test moves. */
export class ManualClock implements Clock {
  ms = 1_000_000;

  now(): number {
    return this.ms;
  }

  monotonic(): number {
    return this.ms;
  }
}

/** A forwarder that plays a script; the last step repeats. */
export class ScriptedForwarder implements Forwarder {
  readonly attempts: Attempt[] = [];
  closed = false;

  constructor(
    private readonly clock: ManualClock,
    public steps: readonly Step[],
  ) {}

  async forward(
    request: UpstreamRequest,
    target: Target,
    timeouts: AttemptTimeouts,
    cancellation: Cancellation,
    trace: AttemptTrace,
  ): Promise<UpstreamResponse> {
    const step = this.steps[Math.min(this.attempts.length, this.steps.length - 1)] as Step;
    this.attempts.push({ request, target, timeouts });
    await Promise.resolve();
    this.clock.ms += step.takesMs ?? 0;
    step.meanwhile?.();
    if (cancellation.reason !== undefined) throw cancellation.reason;
    Object.assign(trace, { sent: true, answered: step.answer !== undefined }, step.trace);
    if (step.answer !== undefined) return step.answer;
    throw step.error;
  }

  close(): void {
    this.closed = true;
  }

  get hosts(): string {
    return this.attempts.map(({ target }) => target.host).join('');
  }
}

export const answer = (status: number, body: string | ResponseBody = ''): UpstreamResponse =>
  new UpstreamResponse(status, [], typeof body === 'string' ? new WholeBody(Buffer.from(body)) : body);

export const ok: Step = { answer: answer(200, '{"ok":true}') };

/** Fails with an error whose words hold an address, as a careless forwarder's could. */
export const failing = (code: GatewayErrorCode, trace: Partial<AttemptTrace> = {}): Step => ({
  error: new GatewayError(code, {
    detail: 'connect ECONNREFUSED 10.0.0.7:3001',
    cause: new Error('10.0.0.7:3001'),
  }),
  trace,
});

export const deadConnection: Step = failing('upstream-reset', { reused: true, answered: false });

/** A body that is still to come: the test plays the upstream. */
export class OpenBody implements ResponseBody {
  readonly length = undefined;
  readonly whole = undefined;
  sink: BodySink | undefined;
  discarded = false;
  cancelled = false;

  pipe(sink: BodySink): BodyFlow {
    this.sink = sink;
    return {
      resume() {},
      cancel: () => {
        this.cancelled = true;
      },
    };
  }

  discard(): void {
    this.discarded = true;
  }
}

/** Writes down what it is told. */
export class NotingObserver implements UpstreamObserver {
  readonly notes: string[] = [];
  #count = 0;

  attemptStarted(_exchange: Exchange, _upstream: string, target: Target): unknown {
    this.#count++;
    this.notes.push(`start ${this.#count} ${target.host}`);
    return this.#count;
  }

  attemptEnded(started: unknown, _upstream: string, status: number, error: GatewayError | undefined): void {
    this.notes.push(`end ${String(started)} ${error?.code ?? status}`);
  }

  retried(_upstream: string, reason: string): void {
    this.notes.push(`retry ${reason}`);
  }

  breakerChanged(_upstream: string, state: string): void {
    this.notes.push(`breaker ${state}`);
  }

  breakerRejected(): void {
    this.notes.push('rejected');
  }

  breakerFailed(): void {
    this.notes.push('failed');
  }
}

export function exchangeFor(method: string, rawHeaders: string[] = []): Exchange {
  const req = { rawHeaders, httpVersion: '1.1', socket: { localPort: 8080 } } as unknown as IncomingMessage;
  const res = {} as ServerResponse;
  return new Exchange(req, res, method, '/users/1', '', '203.0.113.7', 'corr-1', 0, undefined);
}

export function callOf(method = 'GET', body?: RequestBody): ForwardCall {
  return new ForwardCall(exchangeFor(method), method, '/users/1', '', body);
}

export function settingsOf(options: Partial<UpstreamOptions> = {}): UpstreamSettings {
  const definition = { name: 'user-service', options: { targets: ['http://a:1', 'http://b:1'], ...options } };
  const { settings, problems } = resolveUpstream(definition, {});
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return settings;
}

/** An upstream of two targets, `a` and `b`, that plays the script. */
export function scripted(steps: readonly Step[], options: Partial<UpstreamOptions> = {}) {
  const clock = new ManualClock();
  const forwarder = new ScriptedForwarder(clock, steps);
  const observer = new NotingObserver();
  const builder = new UpstreamRequestBuilder();
  const runtime = new UpstreamRuntime({ settings: settingsOf(options), forwarder, builder, observer, clock });
  return { runtime, forwarder, observer, clock };
}

/** The GatewayError a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<GatewayError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('It was expected to fail.');
}
