import { checkHeaderName } from '../../contracts/forward-call.js';
import {
  anyObject,
  checkedElsewhere,
  checkOptions,
  type OptionRule,
  type OptionRules,
  trueOrFalse,
} from '../../contracts/option-check.js';
import { type InternalTokenOptions, internalTokenProblems } from './token/internal-token.options.js';

export const FORWARD_IDENTITY = 'forward-identity';

/** What the upstream is told of the caller. Whatever clients send under these names is taken out, on every route. */
export interface ForwardIdentityOptions {
  /**
   * The registered consumer and its credential: `X-Consumer-ID`, `X-Consumer-Username`, `X-Consumer-Custom-ID`,
   * `X-Consumer-Groups`, `X-Credential-Identifier`, and `X-Anonymous-Consumer` for the anonymous one. Default true.
   */
  readonly consumer?: boolean;
  /** The header for the caller's subject. Default none. */
  readonly subject?: string;
  /** The header for the credential's scopes, separated by blanks. Default none. */
  readonly scopes?: string;
  /** Header → claim: its exact name, else a path with dots. `{ 'X-Tenant-Id': 'tenant' }` */
  readonly claims?: Readonly<Record<string, string>>;
  /** A token of the gateway's own, which the upstream can check. Needs `IDENTITY_KEY_FILE`. */
  readonly token?: InternalTokenOptions;
}

/** The headers of a consumer, as Kong calls them. */
export const CONSUMER_HEADERS = [
  'X-Consumer-ID',
  'X-Consumer-Username',
  'X-Consumer-Custom-ID',
  'X-Consumer-Groups',
  'X-Credential-Identifier',
  'X-Anonymous-Consumer',
] as const;

/**
 * Names with a meaning of their own: a claim in them would be read as something else, and clients could send them on no
 * route any more.
 */
const TAKEN =
  /^(host|via|forwarded|x-forwarded-.*|x-correlation-id|traceparent|tracestate|baggage|authorization|proxy-.*|cookie2?|set-cookie|accept|accept-.*|content-.*|cache-control|pragma|if-.*|range|origin|referer|user-agent|expect|date|priority|idempotency-key|sec-.*|access-control-.*|max-forwards|x-gateway-identity|x-api-key|x-requested-with)$/;

/** What is wrong with a header of this policy; `undefined` when nothing is. */
function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'a header name';
  try {
    checkHeaderName(name);
  } catch {
    return 'a header name that frames nothing';
  }
  if (TAKEN.test(name.toLowerCase())) return 'a header without a meaning of its own, such as X-Tenant-Id';
  return name.includes('_')
    ? 'a name without underscores, which many servers drop or read as dashes'
    : undefined;
}

const headerName: OptionRule = nameFault;

const RULES: OptionRules<ForwardIdentityOptions> = {
  consumer: trueOrFalse,
  subject: headerName,
  scopes: headerName,
  claims: anyObject,
  token: checkedElsewhere,
};

/** Every problem of a declaration, in plain words. */
export function checkForwardIdentity(options: ForwardIdentityOptions, canSign: boolean): string[] {
  const problems = checkOptions<ForwardIdentityOptions>('', '', options, RULES).map(({ message }) => message);
  if (problems.length > 0) return problems;
  const { token, claims = {} } = options;
  for (const [name, claim] of Object.entries(claims)) {
    const fault = nameFault(name);
    if (fault !== undefined)
      problems.push(`claims names the header ${JSON.stringify(name)}; must be ${fault}.`);
    if (typeof claim !== 'string' || claim === '') problems.push(`claims.${name} names no claim.`);
  }
  const seen = new Set<string>();
  for (const name of writtenHeaders(options).map((each) => each.toLowerCase())) {
    if (seen.has(name)) problems.push(`${name} would be written twice; give each a header of its own.`);
    seen.add(name);
  }
  if (token !== undefined) problems.push(...internalTokenProblems(token));
  if (token !== undefined && !canSign) {
    problems.push('token has no key to be signed with; set IDENTITY_KEY_FILE and IDENTITY_ISSUER.');
  }
  if (problems.length === 0 && writtenHeaders(options).length === 0) {
    problems.push('tells nothing; leave consumer as it is, or name claims, subject, scopes or a token.');
  }
  return problems;
}

/** Every header that a declaration writes. */
export function writtenHeaders(options: ForwardIdentityOptions): readonly string[] {
  const { consumer = true, subject, scopes, claims = {}, token } = options;
  return [
    ...(consumer ? CONSUMER_HEADERS : []),
    ...(subject === undefined ? [] : [subject]),
    ...(scopes === undefined ? [] : [scopes]),
    ...Object.keys(claims),
    ...(token === undefined ? [] : [token.header ?? 'X-Gateway-Identity']),
  ];
}
