import { checkHeaderName } from '../../contracts/forward-call.js';
import {
  checkedElsewhere,
  checkOptions,
  type OptionRules,
  trueOrFalse,
  wholeNumber,
} from '../../contracts/option-check.js';
import { originProblem } from './origin-pattern.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const CORS = 'cors';

/** Which pages of other origins may call a route, and what of its answers they may read. */
export interface CorsOptions {
  /**
   * Who may call: `https://app.example`, a pattern (`https://*.app.example`: any name below, never the bare one;
   * `http://localhost:*`: any port), `null` for pages without an origin, or `*` alone for everybody.
   */
  readonly origins: readonly string[];
  /** The methods a page may use. Default those the route takes; where it takes all: GET, HEAD, POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[];
  /** The header fields a page may send beyond the harmless ones. Default those it asks for. */
  readonly headers?: readonly string[];
  /** The fields of the answer a page may read beyond the harmless ones; `*` alone for all of them. Default none. */
  readonly exposedHeaders?: readonly string[];
  /** Whether browsers send cookies and certificates along, and pages may read the answers. Default false. */
  readonly credentials?: boolean;
  /** How long browsers may remember a preflight's answer; 0 forbids it. Default 600. */
  readonly maxAgeSeconds?: number;
  /** Whether pages of public networks may call a gateway in a private one. Default false. */
  readonly privateNetwork?: boolean;
  /**
   * Whether requests that name an origin which is not allowed end with 403. Else they run, and browsers keep the answer
   * from the page. The gateway's own origin is always let through. Default false.
   */
  readonly refuseOthers?: boolean;
}

export const CORS_DEFAULTS = {
  credentials: false,
  maxAgeSeconds: 600,
  privateNetwork: false,
  refuseOthers: false,
} as const;

/** What a route that takes every method allows unless it says otherwise. */
export const COMMON_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

const DAY_SECONDS = 86_400;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Fetch, section 2.2.1: no page may use them, whatever a server allows. */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']);

const RULES: OptionRules<CorsOptions> = {
  origins: checkedElsewhere,
  methods: listOf((method) => methodProblem(method)),
  headers: listOf((name) => headerProblem(name)),
  exposedHeaders: listOf((name) => (name === '*' ? undefined : headerProblem(name))),
  credentials: trueOrFalse,
  maxAgeSeconds: wholeNumber(0, DAY_SECONDS),
  privateNetwork: trueOrFalse,
  refuseOthers: trueOrFalse,
};

/** Problems of a declaration in plain words; empty when it is sound. */
export function checkCors(given: CorsOptions): readonly string[] {
  const problems = checkOptions<CorsOptions>('', '', given, RULES).map(({ message }) => message);
  const { origins, exposedHeaders, credentials, refuseOthers } = given;
  if (!Array.isArray(origins) || origins.length === 0) {
    problems.push('origins names nobody; must be a list with at least one origin, or @NoCors(…) says so.');
    return problems;
  }
  for (const origin of origins as readonly unknown[]) {
    const problem = originProblem(origin);
    if (problem !== undefined) problems.push(`origins: ${problem}`);
  }
  const everybody = origins.includes('*');
  if (everybody && origins.length > 1) problems.push('origins holds "*" beside others; "*" stands alone.');
  if (everybody && credentials === true) {
    problems.push(
      'credentials is true with the origin "*": every page on the web could act for whoever is logged in; name the origins.',
    );
  }
  if (everybody && refuseOthers === true) {
    problems.push('refuseOthers is true with the origin "*", which leaves no others; name the origins.');
  }
  if (Array.isArray(exposedHeaders) && exposedHeaders.includes('*')) {
    if (exposedHeaders.length > 1) problems.push('exposedHeaders holds "*" beside others; "*" stands alone.');
    if (credentials === true) {
      problems.push(
        'exposedHeaders is "*", which browsers take for a name where credentials is true; name the fields.',
      );
    }
  }
  return problems;
}

function listOf(problemOf: (value: string) => string | undefined) {
  return (value: unknown): string | undefined => {
    if (!Array.isArray(value) || value.length === 0) return 'a list with at least one name';
    for (const one of value as readonly unknown[]) {
      const problem = typeof one === 'string' ? problemOf(one) : 'names only';
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function methodProblem(method: string): string | undefined {
  if (method === '*') return 'a list of methods; left out, it is what the route takes';
  if (!METHOD.test(method) || method !== method.toUpperCase()) return 'a list of methods in capital letters';
  return FORBIDDEN_METHODS.has(method) ? `without ${method}, which no page may use` : undefined;
}

function headerProblem(name: string): string | undefined {
  if (name === '*') return 'a list of field names; left out, it is what the page asks for';
  try {
    checkHeaderName(name);
    return undefined;
  } catch (error) {
    return `a list of header names (${(error as Error).message})`;
  }
}
