import { STATUS_CODES } from 'node:http';
import type { Exchange } from './exchange.js';
import { GatewayError } from './gateway-error.js';
import { UpstreamResponse, WholeBody } from './upstream-response.js';

/** A problem document (RFC 9457) with the members Portcullis adds: `code`, `upstream`, `policy`, `reason`, `correlationId`. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string | undefined;
  /** Stable; the table is contracts/gateway-error.ts. Absent for errors that are not the gateway's own. */
  readonly code?: string | undefined;
  readonly upstream?: string | undefined;
  /** The policy that refused. */
  readonly policy?: string | undefined;
  /** Why it refused: a stable code of the policy's own. */
  readonly reason?: string | undefined;
  /** Fields of the answer, flat name/value pairs. */
  readonly headers?: readonly string[];
}

/** The problem of a GatewayError: never its cause, never an address. */
export function problemOf(error: GatewayError): Problem {
  return {
    status: error.status,
    title: error.title,
    detail: error.detail,
    code: error.code,
    upstream: error.upstream,
    policy: error.policy,
    reason: error.reason,
    headers: error.headers,
  };
}

/** The problem of an error with nothing but a status: a team's own HttpException. */
export function plainProblem(status: number, detail: string | undefined): Problem {
  return { status, title: STATUS_CODES[status] ?? 'Error', detail };
}

/** Writes a problem as an answer. */
export function problemResponse(exchange: Exchange, problem: Problem): UpstreamResponse {
  const document = {
    type: problem.code === undefined ? 'about:blank' : `urn:portcullis:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    upstream: problem.upstream,
    policy: problem.policy,
    reason: problem.reason,
    correlationId: exchange.correlationId,
  };
  const headers = ['Content-Type', 'application/problem+json', 'Cache-Control', 'no-store'];
  if (problem.headers !== undefined) headers.push(...problem.headers);
  return new UpstreamResponse(problem.status, headers, new WholeBody(Buffer.from(JSON.stringify(document))));
}

/** Whatever was thrown, as a GatewayError: what is not one already is our own failure. */
export function asGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('internal', { cause: thrown });
}
