import { calloutUrlFault } from '../../contracts/callout-url.js';
import { type Environment, readReference } from '../../contracts/environment.js';
import { checkHeaderName } from '../../contracts/forward-call.js';
import {
  checkedElsewhere,
  checkOptions,
  type OptionRules,
  show,
  trueOrFalse,
  wholeNumber,
  withDefaults,
} from '../../contracts/option-check.js';
import { type EnvReference, isEnvReference } from '../../contracts/upstream-definition.js';
import { type CalloutBreakerOptions, calloutBreakerProblems } from '../outbound/callout-breaker.js';

/** Whom to ask, what to tell, and what to do without an answer. */
export interface ExternalAuthorizationOptions {
  /** Where to ask, by GET: an address, or `env('AUTHZ_URL')`. */
  readonly url: string | EnvReference;
  /** Headers of the client's that are shown to that server. `Authorization` and `Cookie` only when they are named. Default none. */
  readonly forwardHeaders?: readonly string[];
  /** Headers of a 2xx answer that go on to the upstream, in place of any the client sent. Default none. */
  readonly upstreamHeaders?: readonly string[];
  /** Show the query as well as the path. Default false. */
  readonly query?: boolean;
  /** Show the client's address, as `X-Forwarded-For`. Default false. */
  readonly clientAddress?: boolean;
  /** How long an answer is remembered for requests that show the same. Default 0: each request asks. */
  readonly cacheMs?: number;
  /** For the whole answer. Default 1000. */
  readonly timeoutMs?: number;
  /** When the server counts as failing and is not asked for a while. Default as for an upstream. */
  readonly breaker?: CalloutBreakerOptions;
  /** Why requests may pass while the server is down: `the pages are public anyway`. Default: they may not. */
  readonly failOpen?: string;
}

/** Options with every default filled in, and an address to ask. */
export interface ExternalAuthorizationSettings {
  readonly url: string;
  /** Lower-case. */
  readonly forwardHeaders: readonly string[];
  /** Lower-case. */
  readonly upstreamHeaders: readonly string[];
  readonly query: boolean;
  readonly clientAddress: boolean;
  readonly cacheMs: number;
  readonly timeoutMs: number;
  readonly breaker: CalloutBreakerOptions | undefined;
  readonly failOpen: string | undefined;
}

export const EXTERNAL_AUTHORIZATION_DEFAULTS = Object.freeze({
  forwardHeaders: Object.freeze([]),
  upstreamHeaders: Object.freeze([]),
  query: false,
  clientAddress: false,
  cacheMs: 0,
  timeoutMs: 1_000,
});

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const RULES: OptionRules<ExternalAuthorizationOptions> = {
  url: checkedElsewhere,
  forwardHeaders: checkedElsewhere,
  upstreamHeaders: checkedElsewhere,
  query: trueOrFalse,
  clientAddress: trueOrFalse,
  cacheMs: wholeNumber(0, HOUR_MS),
  timeoutMs: wholeNumber(1, MINUTE_MS),
  breaker: checkedElsewhere,
  failOpen: (value) =>
    typeof value === 'string' && value.trim() !== '' ? undefined : 'the reason why requests may pass',
};

/** What the gateway itself says to the upstream, or what belongs to one connection. */
const OURS: ReadonlySet<string> = new Set([
  'host',
  'via',
  'expect',
  'max-forwards',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-correlation-id',
  'traceparent',
]);

/** What a client may not say of itself, because proxies say it: an upstream never sees it from outside. */
const BELIEVED_FROM_NOBODY =
  /^(?:forwarded|x-forwarded|x-forwarded-.*|x-real-ip|x-original-.*|x-consumer-.*|x-credential-.*|x-authenticated-.*|x-auth-request-.*|(?:x-)?remote-user|proxy|proxy-.*)$/;

/** Every problem of a declaration, in plain words. */
export function externalAuthorizationProblems(
  options: ExternalAuthorizationOptions,
  environment: Environment,
): readonly string[] {
  const problems = checkOptions('', '', options, RULES).map(({ message }) => message);
  if (typeof options !== 'object' || options === null) return problems;
  return [
    ...problems,
    ...urlProblems(options.url, environment),
    ...namesProblems('forwardHeaders', options.forwardHeaders, (name) =>
      OURS.has(name) || BELIEVED_FROM_NOBODY.test(name) ? 'is believed from no client' : undefined,
    ),
    ...namesProblems('upstreamHeaders', options.upstreamHeaders, (name) =>
      OURS.has(name) ? 'is written by the gateway itself' : undefined,
    ),
    ...calloutBreakerProblems(options.breaker),
  ];
}

function urlProblems(url: string | EnvReference | undefined, environment: Environment): readonly string[] {
  if (url === undefined) return ['url is missing; must be the address of the server to ask.'];
  const value = isEnvReference(url) ? readReference(url, environment) : url;
  if (value === undefined) return [`url is not set; set ${(url as EnvReference).variable}.`];
  const fault = calloutUrlFault(value, 'anywhere');
  const from = isEnvReference(url) ? ` (${url.variable})` : '';
  return fault === undefined ? [] : [`url${from} ${fault}`];
}

function namesProblems(
  option: string,
  names: unknown,
  fault: (name: string) => string | undefined,
): readonly string[] {
  if (names === undefined) return [];
  if (!Array.isArray(names)) return [`${option} is ${show(names)}; must be a list of header names.`];
  const seen = new Set<string>();
  return names.flatMap((name: unknown) => {
    const found = nameFault(name) ?? fault((name as string).toLowerCase());
    if (found !== undefined) return [`${option}: ${show(name)} ${found}.`];
    const folded = foldedName(name as string);
    if (seen.has(folded)) return [`${option}: ${show(name)} stands twice.`];
    seen.add(folded);
    return [];
  });
}

function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is no header name';
  try {
    checkHeaderName(name);
    return undefined;
  } catch {
    return 'is no header name, or frames the message';
  }
}

/** Upstreams that hand headers on as CGI variables read `X_User` and `X-User` as one name. */
export function foldedName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Only for options that were found sound. */
export function resolveExternalAuthorization(
  options: ExternalAuthorizationOptions,
  environment: Environment,
): ExternalAuthorizationSettings {
  const { url, breaker, failOpen, ...rest } = options;
  const given = withDefaults(EXTERNAL_AUTHORIZATION_DEFAULTS as Required<typeof rest>, rest);
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  return {
    ...given,
    url: (isEnvReference(url) ? readReference(url, environment) : url) as string,
    forwardHeaders: lower(given.forwardHeaders),
    upstreamHeaders: lower(given.upstreamHeaders),
    breaker,
    failOpen,
  };
}
