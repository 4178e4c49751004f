import type { ForwardCall } from '../../contracts/forward-call.js';
import type { Target } from '../../contracts/forwarder.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';

/** Decides everything that goes on the wire for a call to a target. */
export interface RequestBuilder {
  build(call: ForwardCall, target: Target): UpstreamRequest;
}
