import type { Cancellation } from '../../contracts/cancellation.js';
import type { AttemptTimeouts, AttemptTrace } from '../../contracts/forwarder.js';
import type { GatewayError } from '../../contracts/gateway-error.js';
import type { StreamedBody } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';

/** One request on its way through a pool and a connection, until its response's header section settles it. */
export class Attempt {
  constructor(
    /** Whether the method is HEAD, whose response has no body whatever it says. */
    readonly isHead: boolean,
    readonly text: string,
    readonly rest: Buffer | StreamedBody | undefined,
    readonly timeouts: AttemptTimeouts,
    readonly cancellation: Cancellation,
    readonly trace: AttemptTrace,
    readonly resolve: (response: UpstreamResponse) => void,
    readonly reject: (error: GatewayError) => void,
  ) {}
}
