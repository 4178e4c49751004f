import type { Target } from './forwarder.js';

/** One attempt at an upstream, as a request's record tells of it. */
export interface UpstreamTry {
  readonly target: Target;
  /** On the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  /** 0 until it answered, and when it never did. */
  status: number;
}
