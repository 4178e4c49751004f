import type { LimitMeter, Standing } from '../meters/limit-meter.js';

/** What is done about a limit while the store that instances share cannot be asked. */
export type RateLimitFail = 'open' | 'closed' | 'local';

/** What a store must know of a limit on rates. */
export interface LimitRule {
  /** Rules of one bucket count together, meter by meter. */
  readonly bucket: string;
  /** A hit passes when it fits at all of them, and else takes nothing of any. One at least. */
  readonly meters: readonly LimitMeter[];
  /** A refused hit is counted at every meter as well; its answer tells how the key stood before. Default false. */
  readonly countRefused?: boolean | undefined;
  /** Hits may cost something else than 1. Default false. */
  readonly costs?: boolean | undefined;
  /** For stores that count throttlers by name. */
  readonly name: string;
  /** Default: what the store was made with. */
  readonly fail?: RateLimitFail | undefined;
  /** Units that an instance may take at a time and hand out by itself. Default: every hit is asked for. */
  readonly lease?: number | undefined;
}

/** What a store says to a hit. */
export interface Verdict {
  readonly passed: boolean;
  /** Of a refused hit: until it would pass, if nothing more comes. */
  readonly retryMs: number;
  /** How the key stands at each meter of the rule, after the hit. */
  readonly standings: readonly Standing[];
  /** Set while the store that instances share cannot be asked: who counted instead. */
  readonly store?: 'local' | 'none';
}

/** The count of one rule. */
export interface Limiter {
  /**
   * Counts a hit, or refuses it and, unless the rule says otherwise, counts nothing. An answer that is no promise holds good until the next hit.
   *
   * @param cost how much of the limit it takes, a whole number; 0 always passes, takes nothing and leaves nothing behind
   * @throws GatewayError `limits-unavailable` where the rule fails closed and its store cannot be asked
   */
  hit(key: string, cost: number): Verdict | Promise<Verdict>;

  /** Lets a key begin anew. @throws Error when the store cannot be asked */
  reset(key: string): void | Promise<void>;
}

/** What a store must know of a limit on what runs at the same time. */
export interface ConcurrencyRule {
  readonly bucket: string;
  readonly limit: number;
  readonly fail?: RateLimitFail | undefined;
}

/** What a store says to one that wants in. */
export interface Admission {
  readonly passed: boolean;
  /** Places left. */
  readonly remaining: number;
  readonly store?: 'local' | 'none';
  /** Of one that passed: gives its place back. */
  readonly leave: () => void;
}

/** The places of one concurrency limit. */
export interface Places {
  /** @throws GatewayError `limits-unavailable` where the rule fails closed and its store cannot be asked */
  enter(key: string): Admission | Promise<Admission>;
  /** The places taken. @throws Error when the store cannot be asked */
  taken(key: string): number | Promise<number>;
  /** Forgets who is in. @throws Error when the store cannot be asked */
  reset(key: string): void | Promise<void>;
}

/** Where limits are counted. Opened at boot, asked at request time. */
export interface LimitStore {
  /** For the log line at start: `in Redis`. */
  readonly countsIn: string;
  open(rule: LimitRule): Limiter;
  openPlaces(rule: ConcurrencyRule): Places;
  /** What the store cannot do of a rule, in plain words with the mend; `undefined` or absent: it can do all. */
  unsupported?(rule: LimitRule | ConcurrencyRule): string | undefined;
}

/** A storage may be more than @nestjs/throttler asks of it. */
export function isLimitStore(storage: object): storage is LimitStore {
  return 'open' in storage && 'openPlaces' in storage;
}
