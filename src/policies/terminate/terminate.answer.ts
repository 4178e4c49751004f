import type { Exchange } from '../../contracts/exchange.js';
import { type Problem, plainProblem, problemResponse } from '../../contracts/problem.js';
import { EMPTY_BODY, UpstreamResponse, WholeBody } from '../../contracts/upstream-response.js';
import { readSentBody, type SentRequest, sentRequest } from './sent-request.js';
import { TERMINATE, TERMINATE_DEFAULTS, type TerminateOptions } from './terminate.options.js';
import type { OwnAnswer } from './terminate.stage.js';

/** The answer that a declaration describes. */
export function terminateAnswer(options: TerminateOptions): OwnAnswer {
  const { status = TERMINATE_DEFAULTS.status, message, body, echo = TERMINATE_DEFAULTS.echo } = options;
  if (echo) return (exchange) => echoAnswer(exchange, status, message);
  if (body !== undefined) {
    const headers = ['Content-Type', options.contentType ?? TERMINATE_DEFAULTS.contentType];
    const bytes = new WholeBody(Buffer.from(body));
    return () => new UpstreamResponse(status, headers, bytes);
  }
  if (status < 400) return () => new UpstreamResponse(status, [], EMPTY_BODY);
  const problem: Problem = { ...plainProblem(status, message), policy: TERMINATE };
  return (exchange) => problemResponse(exchange, problem);
}

async function echoAnswer(
  exchange: Exchange,
  status: number,
  message: string | undefined,
): Promise<UpstreamResponse> {
  const body = (await readSentBody(exchange))?.toString();
  const request = withoutCredentials(sentRequest(exchange));
  // What comes back is the caller's own, so no cache may hand it to another.
  return UpstreamResponse.json({ message, request: { ...request, body } }, status).withHeader(
    'Cache-Control',
    'no-store',
  );
}

const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** A page's script may read an answer of its own site, but not the cookies that were sent for it. */
export function withoutCredentials(request: SentRequest): SentRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    CREDENTIALS.has(name) ? '(not told)' : value,
  ]);
  return { ...request, headers: Object.fromEntries(headers) as SentRequest['headers'] };
}
