import type { Count } from './fixed-window.js';

/** What is done about a limit while the store that instances share cannot be asked. */
export type RateLimitFail = 'open' | 'closed' | 'local';

/** What a store must know of a limit; equal `bucket` and `windowMs` are one count, whoever opens it. */
export interface LimitRule {
  readonly bucket: string;
  readonly windowMs: number;
  readonly limit: number;
  /** For stores that count throttlers by name. */
  readonly name: string;
  /** Default: what the store was made with. */
  readonly fail?: RateLimitFail | undefined;
}

/** The count of one limit. */
export interface Limiter {
  /**
   * Counts a hit, or refuses it and counts nothing: then `hits` is above the limit. An answer that is no promise holds
   * good until the next hit.
   *
   * @param cost how much of the limit it takes, a whole number above 0
   * @throws GatewayError `limits-unavailable` where the rule fails closed and its store cannot be asked
   */
  hit(key: string, cost: number): Count | Promise<Count>;
}

/** Where limits are counted. Opened at boot, hit at request time. */
export interface LimitStore {
  open(rule: LimitRule): Limiter;
}
