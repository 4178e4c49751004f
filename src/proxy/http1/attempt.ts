import type { Cancellation } from '../../contracts/cancellation.js';
import type { AttemptTimeouts, AttemptTrace } from '../../contracts/forwarder.js';
import type { GatewayError } from '../../contracts/gateway-error.js';
import type { RequestBody, StreamedBody, UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import { frameRequest } from './request-framing.js';
import type { ResponseHead } from './response-head.js';

/** One request on its way through a pool and a connection, until its response's header section settles it. */
export class Attempt {
  /** What one write sends. */
  text = '';
  /** The body that must follow it. */
  rest: Buffer | StreamedBody | undefined = undefined;

  constructor(
    readonly request: UpstreamRequest,
    readonly timeouts: AttemptTimeouts,
    readonly cancellation: Cancellation,
    readonly trace: AttemptTrace,
    readonly resolve: (response: UpstreamResponse) => void,
    readonly reject: (error: GatewayError) => void,
  ) {}

  /** Puts the request into bytes. @throws GatewayError `internal` when that would change its meaning */
  frame(body: RequestBody): void {
    const { text, rest } = frameRequest(this.request, body);
    this.text = text;
    this.rest = rest;
  }

  /** Tells the client of an informational response, where it is the client's own request that is answered. */
  inform({ status, headers }: Pick<ResponseHead, 'status' | 'headers'>): void {
    const { origin, informs } = this.request;
    if (typeof informs === 'function') informs(status, headers);
    else if (informs === true) origin?.inform?.(origin, status, headers);
  }
}
