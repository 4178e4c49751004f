import type { KongInsecure, KongTaken } from './kong-match.js';
import type { LinearRegex } from './linear-regex.js';
import type { RouteConditions } from './route-conditions.js';

/** One way for a request to be taken: a route's part with one of its prefixes or regexes, on one of its hosts. */
export interface RankedEntry {
  /** Lower is asked first. No two ways of different routes share one. */
  readonly rank: number;
  /** `undefined` takes every method. */
  readonly methods: readonly string[] | undefined;
  /** Of a host that was written with one. */
  readonly port: number | undefined;
  readonly conditions: RouteConditions | undefined;
  readonly regex: LinearRegex | undefined;
  /** What the matcher answers; a regex puts what it matched into a copy. */
  readonly taken: KongTaken;
  /** What it answers where the client came without https, for a route that wants it. */
  readonly insecure: KongInsecure | undefined;
}

/** Whether nothing but host, path and method is asked. */
export function isCertain({ port, conditions, regex }: RankedEntry): boolean {
  return port === undefined && conditions === undefined && regex === undefined;
}
