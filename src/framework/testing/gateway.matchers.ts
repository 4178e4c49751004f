import { inspect } from 'node:util';
import type { Outcome } from './outcome.js';
import type { SentRequest } from './stand-in.upstream.js';

/** What went to an upstream, as far as it is told; values may be asymmetric matchers. */
export interface ExpectedUpstreamRequest {
  readonly upstream?: unknown;
  readonly method?: unknown;
  readonly path?: unknown;
  readonly query?: unknown;
  /** By name, in any case; `undefined` for a field that must not be there. Others may be. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Text as it is, bytes as they are, anything else as JSON. */
  readonly body?: unknown;
}

/** The matchers by their types, for `interface Matchers` of vitest or jest. */
export interface GatewayMatchers<R = unknown> {
  /** A policy of this name refused the request; with this status, where one is given. */
  toBeDeniedBy(policy: string, status?: number): R;
  /** A request went to the upstream of this name. */
  toReach(upstream: string): R;
  /** A request went to an upstream as told; without an argument: any. */
  toSendUpstream(expected?: ExpectedUpstreamRequest): R;
}

/** What vitest and jest give a matcher. */
interface MatcherContext {
  equals(left: unknown, right: unknown): boolean;
}

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend(gatewayMatchers)`, in vitest and jest: they read the outcome of {@link TestRoutes.ask}. */
export const gatewayMatchers = {
  toBeDeniedBy(this: MatcherContext, received: Outcome, policy: string, status?: number): MatcherResult {
    const pass = received.policy === policy && (status === undefined || received.status === status);
    return result(pass, `be denied by ${policy}${status === undefined ? '' : ` with ${status}`}`, received);
  },

  toReach(this: MatcherContext, received: Outcome, upstream: string): MatcherResult {
    const pass = received.upstreamRequests.some((request) => request.upstream === upstream);
    return result(pass, `reach ${upstream}`, received);
  },

  toSendUpstream(
    this: MatcherContext,
    received: Outcome,
    expected: ExpectedUpstreamRequest = {},
  ): MatcherResult {
    const pass = received.upstreamRequests.some((request) => isAsTold(request, expected, this));
    return result(pass, `send upstream ${shown(expected)}`, received);
  },
};

function isAsTold(
  request: SentRequest,
  expected: ExpectedUpstreamRequest,
  { equals }: MatcherContext,
): boolean {
  const { headers = {}, ...rest } = expected;
  const fields = Object.entries(headers).every(([name, value]) =>
    equals(request.headers[name.toLowerCase()], value),
  );
  const others = Object.entries(rest).every(
    ([name, value]) => name === 'body' || equals(request[name as keyof SentRequest], value),
  );
  return fields && others && (!('body' in rest) || isBody(request, rest.body, equals));
}

function isBody(request: SentRequest, expected: unknown, equals: MatcherContext['equals']): boolean {
  if (typeof expected === 'string') return request.text === expected;
  if (Buffer.isBuffer(expected)) return request.body.equals(expected);
  try {
    return equals(request.json(), expected);
  } catch {
    return false;
  }
}

function result(pass: boolean, demand: string, outcome: Outcome): MatcherResult {
  return {
    pass,
    message: () => `expected the request ${pass ? 'not ' : ''}to ${demand}, but ${told(outcome)}`,
  };
}

/** What became of the request, in a few lines. */
function told({ status, route, policy, code, reason, cause, upstreamRequests }: Outcome): string {
  const lines = [`it was answered ${status} by ${route ?? 'no route'}`];
  if (code !== undefined) lines.push(`  error ${code}, policy ${policy ?? '-'}, reason ${reason ?? '-'}`);
  if (cause !== undefined) lines.push(`  cause ${cause instanceof Error ? cause.message : inspect(cause)}`);
  if (upstreamRequests.length === 0) lines.push('  nothing was sent upstream');
  for (const { upstream, method, path, query, headers } of upstreamRequests) {
    lines.push(`  sent to ${upstream}: ${method} ${path}${query} ${JSON.stringify(headers)}`);
  }
  return lines.join('\n');
}

function shown(value: unknown): string {
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}
