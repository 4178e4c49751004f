import type { RateLimitFail } from './limit-store.js';

/** Is told how the store that instances share is doing. */
export interface LimitStoreObserver {
  /** Once, until it is back. */
  lost(cause: unknown): void;
  back(): void;
  /** A request was decided without the store. */
  decidedWithout(fail: RateLimitFail): void;
}

/** Injects the LimitStoreObserver. */
export const LIMIT_STORE_OBSERVER = Symbol('portcullis.limit-store-observer');
