import type { AuthenticationDescriptor } from '../authentication-method.js';
import type { ClaimValue } from './jwt-claims.js';

export const JWT = 'jwt';

/** One issuer: its key, given in exactly one way, and what its tokens must satisfy. */
export interface JwtIssuerOptions {
  /** Shared secret of the HS family, at least 32 bytes. With a key of its own a declaration takes nothing from the settings. */
  readonly secret?: string;
  /** Public key or certificate as PEM text, for the RS, PS, ES or EdDSA family. */
  readonly publicKey?: string;
  /** The keys themselves: a JWK Set (RFC 7517) or one JWK, as an object or its text. Shared secrets may be among them. */
  readonly jwks?: string | object;
  /** Where the issuer publishes its keys (RFC 7517). */
  readonly jwksUri?: string;
  /** Asks the `issuer` where it publishes its keys (OpenID Connect Discovery). */
  readonly discovery?: true;
  /** Must equal `iss` to the letter. Default: not looked at. */
  readonly issuer?: string;
  /** One of these must be in `aud`. Required with a public key; `any` says that every audience is meant. */
  readonly audience?: string | readonly string[];
  /** Accepted algorithms, all of the key's own kind. Default: every one the key can verify. */
  readonly algorithms?: readonly string[];
  /** How far the issuer's clock may be from ours, for `exp` and `nbf`. Default: as the settings say, 0 beside a key of its own. */
  readonly clockSkewSeconds?: number;
  /** Claims that must be there and not empty, by name; or with the value, or values, of which a claim must have one. */
  readonly requiredClaims?: readonly string[] | Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>;
  /** Published keys are fetched again after so long, or sooner if the answer says so; a removed key is refused from then on. Default: 300,000. */
  readonly refreshMs?: number;
  /** How old published keys may get while the issuer is not to be reached; then 503. Default: 3,600,000. */
  readonly staleMs?: number;
  /** Published keys are fetched at most once in this time, whatever tokens name. Default: 30,000. */
  readonly cooldownMs?: number;
  /** For one fetch of published keys, discovery included. Default: 5,000. */
  readonly fetchTimeoutMs?: number;
}

/** A place for tokens besides `Authorization`: a query parameter (RFC 6750, section 2.3) or a cookie. */
export type TokenPlace = { readonly query: string } | { readonly cookie: string };

/** What one `jwt()` says in place of the gateway's own settings. */
export interface JwtOptions extends JwtIssuerOptions {
  /** Several issuers, each with its `issuer` and a key: a token's `iss` says whose keys and rules count. What stands beside the list holds for each that does not say otherwise. */
  readonly issuers?: readonly JwtIssuerOptions[];
  /** Further places where a token may come, e.g. `[{ query: 'access_token' }, { cookie: 'session' }]`; it is taken out of what goes to the upstream. Two tokens in one request are refused. Default: none. */
  readonly in?: readonly TokenPlace[];
  /** The claim that holds a consumer's id, e.g. `azp` or `client_id`. Default: no consumer is looked for. */
  readonly consumerClaim?: string;
  /** Refuses tokens of no known consumer. Default: false. */
  readonly consumerRequired?: boolean;
  /** Named in `WWW-Authenticate`. Default none. */
  readonly realm?: string;
}

/** How published keys are kept. */
export const KEY_SET_DEFAULTS = {
  refreshMs: 300_000,
  staleMs: 3_600_000,
  cooldownMs: 30_000,
  fetchTimeoutMs: 5_000,
} as const;

/**
 * Bearer tokens in the form of signed JWTs (RFC 7519, RFC 6750).
 * Without options the key and the rules come from the gateway's settings (`JWT_SECRET`, `JWT_PUBLIC_KEY_FILE`,
 * `JWT_JWKS_URI` …); options without a key change single rules.
 *
 * @example
 * ```ts
 * jwt({
 *   audience: 'orders',
 *   issuers: [
 *     { issuer: 'https://login.example.com', discovery: true },
 *     { issuer: 'https://partner.example', jwksUri: 'https://partner.example/keys', requiredClaims: ['tenant'] },
 *   ],
 * })
 * ```
 */
export function jwt(options: JwtOptions = {}): AuthenticationDescriptor<JwtOptions> {
  return Object.freeze({ method: JWT, options: Object.freeze({ ...options }) });
}
