import type { KeySet } from './key-set.js';

/** Where one issuer's keys come from. */
export interface KeySource {
  /** The keys that may be believed at that time; `undefined` while there are none. */
  usableAt(nowMs: number): KeySet | undefined;
  /** Looks for new keys, and resolves when that is over, whatever came of it; `undefined` when it is not the time. */
  refresh(): Promise<void> | undefined;
  /** Whole seconds until a look may be taken. */
  retryAfterSeconds(): number;
}

/** Keys that stand in the configuration. */
export class ConfiguredKeys implements KeySource {
  constructor(private readonly set: KeySet) {}

  usableAt(): KeySet {
    return this.set;
  }

  refresh(): undefined {
    return undefined;
  }

  retryAfterSeconds(): number {
    return 0;
  }
}
