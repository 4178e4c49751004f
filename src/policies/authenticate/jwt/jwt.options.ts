import {
  checkedElsewhere,
  numberWithin,
  type OptionRule,
  type OptionRules,
} from '../../../contracts/option-check.js';
import type { AuthenticationDescriptor } from '../authentication-method.js';

export const JWT = 'jwt';

/** What one `jwt()` says in place of the gateway's own settings. */
export interface JwtOptions {
  /** Shared secret of the HS family, at least 32 bytes. With a key of its own a declaration takes nothing from the settings. */
  readonly secret?: string;
  /** Public key or certificate as PEM text, for the RS, PS, ES or EdDSA family. */
  readonly publicKey?: string;
  /** Where the issuer publishes its keys (RFC 7517). */
  readonly jwksUri?: string;
  /** Must equal `iss` to the letter. Default: not looked at. */
  readonly issuer?: string;
  /** One of these must be in `aud`. Required with a public key; `any` says that every audience is meant. */
  readonly audience?: string | readonly string[];
  /** Accepted algorithms, all of the key's own kind. Default: every one the key can verify. */
  readonly algorithms?: readonly string[];
  /** How far the issuer's clock may be from ours, for `exp` and `nbf`. Default: as the settings say, 0 beside a key of its own. */
  readonly clockSkewSeconds?: number;
  /** Named in `WWW-Authenticate`. Default none. */
  readonly realm?: string;
}

/**
 * Bearer tokens in the form of signed JWTs (RFC 7519, RFC 6750).
 * Without options the key and the rules come from the gateway's settings (`JWT_SECRET`, `JWT_PUBLIC_KEY_FILE` …);
 * options without a key change single rules.
 */
export function jwt(options: JwtOptions = {}): AuthenticationDescriptor<JwtOptions> {
  return Object.freeze({ method: JWT, options: Object.freeze({ ...options }) });
}

/** More than this is not skew but a wrong clock, and an expired token would live on for as long. */
const SKEW_MAXIMUM_SECONDS = 300;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const text: OptionRule = (value) => (isText(value) ? undefined : 'a text that is not empty');

const textOrList: OptionRule = (value) =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText))
    ? undefined
    : 'one text or a list of texts, none of them empty';

/** Inside a quoted header value (RFC 9110, section 5.6.4), without the two characters that need escaping. */
const quotable: OptionRule = (value) =>
  typeof value === 'string' && /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(value)
    ? undefined
    : 'printable ASCII without quotes and backslashes';

/** Keys and algorithms are judged together, in jwt-key.ts and jwt-configuration.ts, and a key is never shown. */
export const JWT_OPTION_RULES: OptionRules<JwtOptions> = {
  secret: checkedElsewhere,
  publicKey: checkedElsewhere,
  jwksUri: checkedElsewhere,
  issuer: text,
  audience: textOrList,
  algorithms: checkedElsewhere,
  clockSkewSeconds: numberWithin(0, SKEW_MAXIMUM_SECONDS),
  realm: quotable,
};
