import type { CalloutBreakerOptions } from '../../outbound/callout-breaker.js';
import {
  INTROSPECTION_DEFAULTS,
  type IntrospectionOptions,
  introspectionProblems,
} from './introspection.options.js';
import type { IntrospectionSettings } from './introspection.settings.js';
import type { AnswerRules } from './introspection-answer.js';

/** Everything one introspection method needs, complete. */
export interface IntrospectionConfiguration extends AnswerRules {
  readonly server: IntrospectionSettings;
  readonly opaqueOnly: boolean;
  readonly cacheMs: number;
  readonly refusedCacheMs: number;
  readonly timeoutMs: number;
  readonly breaker: CalloutBreakerOptions | undefined;
  readonly realm: string | undefined;
}

/** The configuration of a declaration, or what is wrong with it. */
export function configureIntrospection(
  options: IntrospectionOptions,
  settings: IntrospectionSettings | undefined,
): IntrospectionConfiguration | readonly string[] {
  const problems = introspectionProblems(options);
  if (problems.length > 0) return problems;
  const { url, clientId = '', clientSecret = '', audience, issuer, breaker, realm } = options;
  const server = url === undefined ? settings : { url, clientId, clientSecret };
  if (server === undefined) {
    return [
      'no introspection endpoint is configured; set INTROSPECTION_URL, INTROSPECTION_CLIENT_ID and ' +
        'INTROSPECTION_CLIENT_SECRET, or write introspection({ url, clientId, clientSecret }).',
    ];
  }
  const given = { ...INTROSPECTION_DEFAULTS, ...stated(options) };
  return {
    server,
    issuer,
    audience: audience === undefined ? undefined : [audience].flat(),
    opaqueOnly: given.tokens === 'opaque',
    cacheMs: given.cacheMs,
    refusedCacheMs: given.refusedCacheMs,
    timeoutMs: given.timeoutMs,
    clockSkewMs: given.clockSkewSeconds * 1_000,
    breaker,
    realm,
  };
}

type Numbers = {
  -readonly [Name in keyof typeof INTROSPECTION_DEFAULTS]: NonNullable<IntrospectionOptions[Name]>;
};

/** The options that have a default, those left out left out. */
function stated(options: IntrospectionOptions): Partial<Numbers> {
  const names = Object.keys(INTROSPECTION_DEFAULTS) as (keyof Numbers)[];
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}
