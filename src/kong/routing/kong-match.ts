import type { KongRoute } from '../kong-configuration.js';

/** Texts of a regex's groups, by name and by number: `1` is the first. Groups that took no part are left out. */
export type KongCaptures = Readonly<Record<string, string>>;

/** The route that takes a request. */
export interface KongTaken {
  readonly kind: 'match';
  readonly route: KongRoute;
  /** The part of the path that a prefix or a regex of the route matched; `undefined` for a route without paths. */
  readonly matchedPath: string | undefined;
  /** Of a regex with groups. */
  readonly captures: KongCaptures | undefined;
}

/** The route would take the request, had it come by https. */
export interface KongInsecure {
  readonly kind: 'insecure';
  readonly route: KongRoute;
  readonly statusCode: KongRoute['httpsRedirectStatusCode'];
}

export type KongMatch = KongTaken | KongInsecure;
