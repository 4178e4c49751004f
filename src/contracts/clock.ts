/** Time, injected wherever a test needs to move it. */
export interface Clock {
  /** Milliseconds since the epoch, for expiry dates. */
  now(): number;
  /** Milliseconds that never run backwards, for durations. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Injects the Clock; a test overrides it to move time. */
export const CLOCK = Symbol('portcullis.clock');
