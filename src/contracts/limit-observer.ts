/** Which limit something happened at. */
export interface LimitRule {
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
  wouldRefuse(rule: LimitRule): void;
  /** A cost function said what is no cost, or threw. */
  costRefused(rule: LimitRule, said: unknown): void;
}

/** Injects the LimitObserver. */
export const LIMIT_OBSERVER = Symbol('portcullis.limit-observer');

export const SILENT_LIMIT_OBSERVER: LimitObserver = Object.freeze({ wouldRefuse() {}, costRefused() {} });
