import type { IncomingHttpHeaders } from 'node:http';
import type { Exchange } from '../../contracts/exchange.js';
import type { GatewayErrorCode } from '../../contracts/gateway-error.js';
import type { Principal } from '../../contracts/principal.js';
import type { SentRequest } from './stand-in.upstream.js';

/** What the client would have received. */
export interface TestResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  json(): unknown;
}

/** What became of one request: the answer, and why it is this one. */
export interface Outcome {
  readonly status: number;
  readonly response: TestResponse;
  /** The route that took it, `GET /api/users/:id`; `undefined` when none did. */
  readonly route: string | undefined;
  /** `UsersController.one`. */
  readonly handler: string | undefined;
  /** Who the caller was found to be. */
  readonly principal: Principal | undefined;
  /** The code of the gateway's error; `undefined` without one. */
  readonly code: GatewayErrorCode | undefined;
  /** The policy that refused. */
  readonly policy: string | undefined;
  /** Why it refused. */
  readonly reason: string | undefined;
  /** What really went wrong, which no client is told. */
  readonly cause: unknown;
  /** Everything that would have gone to upstreams, in order. */
  readonly upstreamRequests: readonly SentRequest[];
  /** The last of them. */
  readonly upstreamRequest: SentRequest | undefined;
}

export function outcomeOf(
  exchange: Exchange,
  response: TestResponse,
  upstreamRequests: readonly SentRequest[],
): Outcome {
  const { route, principal, error } = exchange;
  return {
    status: response.status,
    response,
    route: route?.id,
    handler: route?.handler,
    principal,
    code: error?.code,
    policy: error?.policy,
    reason: error?.reason,
    cause: error?.cause,
    upstreamRequests,
    upstreamRequest: upstreamRequests.at(-1),
  };
}
