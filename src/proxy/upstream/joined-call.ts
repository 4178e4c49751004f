import type { Exchange } from '../../contracts/exchange.js';
import { checkHeaderName, checkHeaderValue, ForwardCall } from '../../contracts/forward-call.js';
import type { HeaderEdit } from '../../contracts/header-edit.js';
import {
  fillTemplate,
  type ParamValue,
  type PathParams,
  type TemplateParams,
} from '../../contracts/path-template.js';

/** What a joined call may state besides its path. */
export interface JoinedCallOptions {
  /** Added to the path; a list repeats its name, `undefined` leaves it out. */
  readonly query?: Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>;
  /** Headers for the upstream. The client's `Authorization` or cookie goes along only when it is written here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Tells the upstream who is calling, as the route's `@ForwardIdentity` does on the call it forwards. Default false. */
  readonly identity?: boolean;
  /** The call whose exchange this one belongs to. Default: that of the handler which is running. */
  readonly call?: ForwardCall;
  /** The longest answer held in memory. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
}

export type QueryValue = string | number | boolean;

/** The options of a call to one template: `params` is there exactly when the template has parameters. */
export type TemplateOptions<P extends string> = string extends P
  ? JoinedCallOptions & { readonly params?: Readonly<Record<string, ParamValue>> }
  : [TemplateParams<P>] extends [never]
    ? JoinedCallOptions
    : JoinedCallOptions & { readonly params: PathParams<P> };

/** May be left out when the template has no parameters. */
export type TemplateOptionsArgument<P extends string> = string extends P
  ? [options?: TemplateOptions<P>]
  : [TemplateParams<P>] extends [never]
    ? [options?: TemplateOptions<P>]
    : [options: TemplateOptions<P>];

/**
 * The client's headers that a joined call carries on, because they are about the client and its trace and not about the
 * route it called. Credentials, cookies, conditions and ranges stay behind: they were meant for another request.
 */
const CARRIED = new Set(['host', 'accept-language', 'traceparent', 'tracestate']);

/** What this call asks for instead: JSON that needs no decoding. */
const ASKED = ['accept', 'application/json', 'accept-encoding', 'identity'] as const;

/** Makes the request of one handler to one upstream, whose answer it joins with others. */
export function joinedCall(
  exchange: Exchange,
  method: string,
  template: string,
  options: JoinedCallOptions & { readonly params?: Readonly<Record<string, ParamValue>> },
  body?: unknown,
): ForwardCall {
  if (!template.startsWith('/'))
    throw new TypeError(`The path ${JSON.stringify(template)} must start with "/".`);
  const path = fillTemplate(template, options.params);
  const query = queryOf(options.query);
  const bare = new ForwardCall(exchange, method, path, query, undefined, [], carriedHeaders(exchange));
  const call = body === undefined ? bare : bare.withBody(body as Buffer | string | object);
  // After the body, so that a content type given here replaces the one that goes with JSON.
  const stated = options.headers === undefined ? call : call.withEdits(headerEdits(options.headers));
  return options.identity === true ? stated.withEdits(identityEdits(exchange)) : stated;
}

function carriedHeaders(exchange: Exchange): string[] {
  const raw = exchange.req.rawHeaders;
  const carried: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (CARRIED.has(name.toLowerCase())) carried.push(name, raw[i + 1] as string);
  }
  carried.push(...ASKED);
  return carried;
}

const headerEdits = (headers: Readonly<Record<string, string>>): HeaderEdit[] =>
  Object.entries(headers).map(([name, value]) => ({
    kind: 'set',
    name: checkHeaderName(name),
    value: checkHeaderValue(name, value),
  }));

function identityEdits({ identity }: Exchange): HeaderEdit[] {
  const edits: HeaderEdit[] = [...(identity?.names ?? [])].map((name) => ({ kind: 'remove', name }));
  const fields = identity?.fields ?? [];
  for (let i = 0; i < fields.length; i += 2) {
    edits.push({
      kind: 'append',
      name: (fields[i] as string).toLowerCase(),
      value: fields[i + 1] as string,
    });
  }
  return edits;
}

function queryOf(query: JoinedCallOptions['query'] = {}): string {
  const parts: string[] = [];
  for (const [name, given] of Object.entries(query)) {
    for (const value of Array.isArray(given) ? given : [given]) {
      if (value !== undefined) parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
    }
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
