/** Which limit something happened at. */
export interface ObservedLimit {
  /** `rate-limit` or `admission-limit`. */
  readonly policy: string;
  /** Its name in the `RateLimit` fields. */
  readonly name: string;
  /** What counts together under it. */
  readonly bucket: string;
  readonly route: string;
}

/** Hears what limits do beside refusing. Called on the request path. */
export interface LimitObserver {
  /** A request that a limit in the shadow would have refused. */
  wouldRefuse(rule: ObservedLimit): void;
  /** A cost function said what is no cost, or threw. */
  costRefused(rule: ObservedLimit, said: unknown): void;
  /** The store in memory was full and gave up a key before its window ended: limits are no longer exact. */
  keyEvicted(): void;
  /** Limits are counted in a store that instances share. Told once, at boot. */
  storeExpected(): void;
  /** That store cannot be asked. Told once, until it is back. */
  storeLost(cause: unknown): void;
  storeBack(): void;
  /** A request was decided without it; `fail` says how: `open`, `closed`, `local`. */
  decidedWithoutStore(fail: string): void;
}

/** Injects the LimitObserver. */
export const LIMIT_OBSERVER = Symbol('portcullis.limit-observer');

export const SILENT_LIMIT_OBSERVER: LimitObserver = Object.freeze({
  wouldRefuse() {},
  costRefused() {},
  keyEvicted() {},
  storeExpected() {},
  storeLost() {},
  storeBack() {},
  decidedWithoutStore() {},
});
