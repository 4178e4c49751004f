import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Dress, Preflight, Stage } from '../../contracts/policy.js';
import { headerValue, type RawHeaders } from '../../contracts/raw-headers.js';
import { EMPTY_BODY, UpstreamResponse } from '../../contracts/upstream-response.js';
import { varyBy } from '../../contracts/vary.js';
import { CORS, CORS_DEFAULTS, type CorsOptions } from './cors.options.js';
import { ANY_ORIGIN, type OriginMatch, originMatch } from './origin-pattern.js';

const REQUESTED_METHOD = 'access-control-request-method';
const REQUESTED_HEADERS = 'access-control-request-headers';
const REQUESTED_NETWORK = 'access-control-request-private-network';
/** Every field of the CORS protocol in an answer begins so, those of later versions too. */
const FIELDS = 'access-control-';
const DASH = FIELDS.lastIndexOf('-');
/** A field name of a preflight's list. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Who is allowed, as the value of `Access-Control-Allow-Origin`; `undefined` for whoever is not. */
type Allowed = (exchange: Exchange) => string | undefined;

/**
 * Puts on an answer what the page may read, in place of what the upstream said.
 *
 * The answer differs with the origin, so it says `Vary: Origin`, also to those who are not allowed and to those who sent
 * no origin: a cache must not hand one's answer to another. With `*` it is the same for everybody.
 */
export function corsDress(options: CorsOptions): Dress {
  const allowed = allowedOrigin(options);
  const always = answerFields(options);
  const varies = !isOpen(options);
  return (exchange, headers) => {
    const fields = withoutCors(headers);
    // A preflight that came this far is not answered by this route: nothing is promised to it.
    const origin = isPreflight(exchange) ? undefined : allowed(exchange);
    if (origin !== undefined) fields.push('Access-Control-Allow-Origin', origin, ...always);
    return varies ? varyBy(fields, 'Origin') : fields;
  };
}

/**
 * Answers a preflight with 204 and everything the page may do, or refuses it with 403 and the reason.
 *
 * @param methods what a page may use here
 */
export function corsPreflight(options: CorsOptions, methods: readonly string[]): Preflight {
  const { maxAgeSeconds = CORS_DEFAULTS.maxAgeSeconds, privateNetwork = CORS_DEFAULTS.privateNetwork } =
    options;
  const allowed = allowedOrigin(options);
  const allowedHeaders = options.headers === undefined ? undefined : new Set(options.headers.map(fold));
  const fixed = [
    ...(options.credentials === true ? ['Access-Control-Allow-Credentials', 'true'] : []),
    'Access-Control-Allow-Methods',
    methods.join(', '),
    'Access-Control-Max-Age',
    String(maxAgeSeconds),
  ];
  const listed =
    options.headers === undefined ? [] : ['Access-Control-Allow-Headers', options.headers.join(', ')];
  const vary = ['Vary', varyOf(options)];

  return (exchange, method) => {
    const { rawHeaders } = exchange.req;
    const origin = allowed(exchange);
    if (origin === undefined) throw refused(ORIGIN_REFUSED, vary);
    // Fetch, section 4.8: method names are compared with case.
    if (!methods.includes(method)) throw refused(METHOD_REFUSED, vary);
    const asked = requestedHeaders(rawHeaders);
    if (
      asked === undefined ||
      (allowedHeaders !== undefined && !asked.every((name) => allowedHeaders.has(name)))
    ) {
      throw refused(HEADER_REFUSED, vary);
    }
    const fields = ['Access-Control-Allow-Origin', origin, ...fixed, ...listed];
    if (allowedHeaders === undefined && asked.length > 0) {
      fields.push('Access-Control-Allow-Headers', asked.join(', '));
    }
    if (privateNetwork && headerValue(rawHeaders, REQUESTED_NETWORK) === 'true') {
      fields.push('Access-Control-Allow-Private-Network', 'true');
    }
    fields.push(...vary);
    return new UpstreamResponse(204, fields, EMPTY_BODY);
  };
}

/** Ends requests with 403 that name an origin which is not allowed. */
export function corsGate(options: CorsOptions): Stage {
  const matches = originMatch(options.origins);
  return (exchange) => {
    if (headerValue(exchange.req.rawHeaders, 'origin') === undefined) return;
    const origin = onlyOrigin(exchange.req.rawHeaders);
    if (origin !== undefined && (matches(origin) || origin === ownOrigin(exchange))) return;
    throw refused(ORIGIN_REFUSED, []);
  };
}

function allowedOrigin(options: CorsOptions): Allowed {
  if (isOpen(options)) return () => ANY_ORIGIN;
  const matches: OriginMatch = originMatch(options.origins);
  return (exchange) => {
    const origin = onlyOrigin(exchange.req.rawHeaders);
    return origin !== undefined && matches(origin) ? origin : undefined;
  };
}

const isOpen = ({ origins }: CorsOptions): boolean => origins.includes(ANY_ORIGIN);

/** The `Origin`; `undefined` without one, and with two, of which the next reader might take the other. */
function onlyOrigin(headers: RawHeaders): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 6 || name.toLowerCase() !== 'origin') continue;
    if (found !== undefined) return undefined;
    found = headers[i + 1];
  }
  return found;
}

/** What a page that came from this gateway sends as its origin. */
function ownOrigin({ forwarded, req }: Exchange): string {
  const proto = forwarded?.proto ?? (req.socket.encrypted === true ? 'https' : 'http');
  return `${proto}://${forwarded?.host ?? req.headers.host ?? ''}`.toLowerCase();
}

function isPreflight({ method, req }: Exchange): boolean {
  return method === 'OPTIONS' && headerValue(req.rawHeaders, REQUESTED_METHOD) !== undefined;
}

function answerFields({ credentials, exposedHeaders }: CorsOptions): readonly string[] {
  const fields: string[] = [];
  if (credentials === true) fields.push('Access-Control-Allow-Credentials', 'true');
  if (exposedHeaders !== undefined) fields.push('Access-Control-Expose-Headers', exposedHeaders.join(', '));
  return fields;
}

function withoutCors(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    // The dash first: it tells nearly every other name without a copy.
    if (name[DASH] === '-' && name.slice(0, FIELDS.length).toLowerCase() === FIELDS) continue;
    kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

/** The names a page wants to send, in small letters; `undefined` when the list is none. */
function requestedHeaders(headers: RawHeaders): readonly string[] | undefined {
  const value = headerValue(headers, REQUESTED_HEADERS);
  if (value === undefined || value.trim() === '') return [];
  const names = value.split(',').map((name) => fold(name.trim()));
  return names.every((name) => TOKEN.test(name)) ? names : undefined;
}

const fold = (name: string): string => name.toLowerCase();

/** What a preflight's answer depends on. */
function varyOf(options: CorsOptions): string {
  const names = isOpen(options) ? [] : ['Origin'];
  names.push('Access-Control-Request-Method', 'Access-Control-Request-Headers');
  if (options.privateNetwork === true) names.push('Access-Control-Request-Private-Network');
  return names.join(', ');
}

const ORIGIN_REFUSED = {
  reason: 'origin-not-allowed',
  detail: 'Pages of this origin may not call this route.',
} as const;
const METHOD_REFUSED = {
  reason: 'method-not-allowed',
  detail: 'Pages of other origins may not use this method here.',
} as const;
const HEADER_REFUSED = {
  reason: 'header-not-allowed',
  detail: 'Pages of other origins may not send one of these header fields here.',
} as const;

function refused(
  why: { readonly reason: string; readonly detail: string },
  headers: readonly string[],
): GatewayError {
  return new GatewayError('forbidden', { ...why, policy: CORS, headers });
}
