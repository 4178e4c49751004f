import { LIMIT_STORE_PROMISES, type LimitStoreUnderTest } from 'portcullis/testing';
import { it } from 'vitest';

/** Declares what every store of limits must do. Each check counts by itself, so they may take their time side by side. */
export function conformsToLimitStore(make: () => LimitStoreUnderTest): void {
  for (const { name, check } of LIMIT_STORE_PROMISES) it(name, () => check(make()), 20_000);
}
