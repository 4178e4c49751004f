import { calloutUrlFault } from '../../../contracts/callout-url.js';
import {
  checkedElsewhere,
  checkOptions,
  numberWithin,
  type OptionRules,
  show,
  wholeNumber,
} from '../../../contracts/option-check.js';
import { type CalloutBreakerOptions, calloutBreakerProblems } from '../../outbound/callout-breaker.js';
import type { AuthenticationDescriptor } from '../authentication-method.js';
import { isText, quotable, SKEW_MAXIMUM_SECONDS, text, textOrList } from '../option-rules.js';

export const INTROSPECTION = 'introspection';

/** What one `introspection()` says in place of the gateway's own settings. */
export interface IntrospectionOptions {
  /** The introspection endpoint. With an address of its own a declaration takes nothing from the settings. */
  readonly url?: string;
  /** Who the gateway is to that server. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Must equal the answer's `iss` to the letter. Default: not looked at. */
  readonly issuer?: string;
  /** One of these must be in the answer's `aud`. Default: not looked at. */
  readonly audience?: string | readonly string[];
  /** `opaque` refuses tokens in the form of a JWT without asking: beside `jwt()`, which decides about those. Default `any`. */
  readonly tokens?: 'any' | 'opaque';
  /**
   * How long a token that is active may be remembered, never beyond its own end: for as long a token that was revoked
   * goes on. Default 30000; 0 asks for each request.
   */
  readonly cacheMs?: number;
  /** How long a token that was refused is remembered. Default 5000; 0 asks for each request. */
  readonly refusedCacheMs?: number;
  /** For the whole answer. Default 2000. */
  readonly timeoutMs?: number;
  /** How far that server's clock may be from ours, for `exp` and `nbf`. Default 0. */
  readonly clockSkewSeconds?: number;
  /** When the server counts as failing and is not asked for a while. Default as for an upstream. */
  readonly breaker?: CalloutBreakerOptions;
  /** Named in `WWW-Authenticate`. Default none. */
  readonly realm?: string;
}

export const INTROSPECTION_DEFAULTS = {
  tokens: 'any',
  cacheMs: 30_000,
  refusedCacheMs: 5_000,
  timeoutMs: 2_000,
  clockSkewSeconds: 0,
} as const;

/**
 * Bearer tokens that only their issuer understands: it is asked about each (RFC 7662), and its answer is remembered for
 * a while. Without options the server comes from the gateway's settings (`INTROSPECTION_URL` …).
 *
 * @example `@Authenticate(anyOf(jwt(), introspection({ tokens: 'opaque' })))`
 */
export function introspection(
  options: IntrospectionOptions = {},
): AuthenticationDescriptor<IntrospectionOptions> {
  return Object.freeze({ method: INTROSPECTION, options: Object.freeze({ ...options }) });
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The address and the secret are judged below: neither is ever shown. */
const RULES: OptionRules<IntrospectionOptions> = {
  url: checkedElsewhere,
  clientId: text,
  clientSecret: checkedElsewhere,
  issuer: text,
  audience: textOrList,
  tokens: (value) => (value === 'any' || value === 'opaque' ? undefined : '"any" or "opaque"'),
  cacheMs: wholeNumber(0, HOUR_MS),
  refusedCacheMs: wholeNumber(0, MINUTE_MS),
  timeoutMs: wholeNumber(1, MINUTE_MS),
  clockSkewSeconds: numberWithin(0, SKEW_MAXIMUM_SECONDS),
  breaker: checkedElsewhere,
  realm: quotable,
};

/** Problems of what was written, the settings left aside. */
export function introspectionProblems(options: IntrospectionOptions): readonly string[] {
  const problems = checkOptions(INTROSPECTION, INTROSPECTION, options, RULES).map(({ message }) => message);
  if (typeof options !== 'object' || options === null) return problems;
  const { url, clientId, clientSecret, breaker } = options;
  const fault = url === undefined ? undefined : calloutUrlFault(url, 'loopback');
  if (fault !== undefined) problems.push(`introspection.url ${fault}`);
  if (clientSecret !== undefined && !isText(clientSecret)) {
    problems.push('introspection.clientSecret must be a text that is not empty.');
  }
  if (url !== undefined && (clientId === undefined || clientSecret === undefined)) {
    problems.push('introspection.url is given without clientId and clientSecret; name all three or none.');
  }
  if (url === undefined && (clientId !== undefined || clientSecret !== undefined)) {
    const found = show(clientId === undefined ? 'clientSecret' : 'clientId');
    problems.push(`introspection has ${found} without url; name url, clientId and clientSecret, or none.`);
  }
  return [...problems, ...calloutBreakerProblems(breaker).map((problem) => `introspection.${problem}`)];
}
