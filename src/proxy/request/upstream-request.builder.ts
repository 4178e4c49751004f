import type { Exchange } from '../../contracts/exchange.js';
import type { ForwardCall } from '../../contracts/forward-call.js';
import type { Target } from '../../contracts/forwarder.js';
import { applyEdits, foldHeaderName, type HeaderEdit } from '../../contracts/header-edit.js';
import type { IdentityHeaders } from '../../contracts/identity-headers.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import { fewerForwards } from './fewer-forwards.js';
import { appendForwarding } from './forwarding-headers.js';
import { HeaderFates } from './header-fates.js';
import { nominatedHeaders, removeNominated } from './nominated-headers.js';
import { takesTrailers } from './takes-trailers.js';
import { targetAuthority } from './target-authority.js';

export interface RequestBuildOptions {
  /** Send the client's own `Host` instead of the target's. Default false. */
  readonly preserveHost?: boolean;
  /** The `Host` of every target, in place of its own. Default none. */
  readonly host?: string | undefined;
  /** More header names that only the gateway may write. Default none. */
  readonly identityHeaders?: IdentityHeaders;
}

/**
 * Turns a call into the request that goes on the wire to a target; one builder serves one upstream.
 *
 * 1. `Host` comes first.
 * 2. The client's end-to-end headers follow in their order, without what {@link CLIENT_HEADER_RULES} takes away and
 *    without what the client's own `Connection` names. That happens before ours are written, so that no client
 *    can remove them.
 * 3. The call's edits see the client's headers, those the gateway replaces included. None of them can write framing,
 *    hop-by-hop fields, or a field that step 5 writes. A `host` they write is the one sent.
 * 4. What the route tells of the caller stands in place of whatever else has its names: on the client's own request,
 *    and not on calls a handler makes, which may go to anybody.
 * 5. The gateway's own headers come last, those that the route's terms add before those that every upstream is told.
 */
export class UpstreamRequestBuilder {
  readonly #fates: HeaderFates;
  readonly #preserveHost: boolean;
  readonly #host: string | undefined;
  readonly #authorities = new WeakMap<Target, string>();

  constructor(options: RequestBuildOptions = {}) {
    this.#fates = fatesBy(options.identityHeaders);
    this.#preserveHost = options.preserveHost ?? false;
    this.#host = options.host;
  }

  build(call: ForwardCall, target: Target): UpstreamRequest {
    const { exchange, headerEdits: edits, clientHeaders: raw } = call;
    const { upstreamTerms: terms } = exchange;
    const editing = edits.length > 0;
    const traced = exchange.traceparent !== undefined;
    // 1.
    let headers: string[] = ['Host', this.#authority(target)];
    let clientHost: string | undefined;
    let nominated: Set<string> | undefined;
    let trailers = false;

    // 2.
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string;
      const value = raw[i + 1] as string;
      switch (this.#fates.of(name)) {
        case 'pass':
          headers.push(name, value);
          break;
        case 'ours':
          if (editing) headers.push(name, value);
          break;
        case 'trace':
          if (editing || !traced) headers.push(name, value);
          break;
        case 'forwards':
          headers.push(name, fewerForwards(call.method, value));
          break;
        case 'host':
          clientHost ??= value;
          break;
        case 'connection':
          nominated = nominatedHeaders(value, nominated);
          break;
        case 'never':
          if (name.length === 2) trailers ||= takesTrailers(name, value);
          break;
        case 'strip':
          break;
      }
    }
    if (nominated !== undefined) removeNominated(headers, nominated, 2);
    if ((this.#preserveHost || terms?.preserveHost === true) && clientHost !== undefined)
      headers[1] = clientHost;

    // 3.
    if (editing) headers = this.#edited(headers, edits, exchange, clientHost);

    // 4. A call that a handler makes has headers of its own.
    const own = raw === exchange.req.rawHeaders;
    if (own && exchange.identity !== undefined) {
      headers = replaced(headers, exchange.identity.names, exchange.identity.fields);
    }

    // 5.
    if (terms !== undefined) {
      // Clients' own are gone by now.
      if (editing) headers = replaced(headers, terms.names, terms.fields(exchange));
      else headers.push(...terms.fields(exchange));
    }
    appendForwarding(headers, exchange, clientHost);
    return {
      method: call.method,
      path: call.path + call.query,
      headers,
      body: call.body,
      origin: exchange,
      informs: own,
      upgrade: own && exchange.tunnel !== undefined && call.method === 'GET',
      // An answer over HTTP/1.0 has no place for them.
      trailers: trailers && exchange.req.httpVersion !== '1.0',
      edits,
      mayCarry: this.#mayCarry,
    };
  }

  readonly #mayCarry = (name: string): boolean => this.#fates.of(name) === 'pass';

  #edited(
    headers: readonly string[],
    edits: readonly HeaderEdit[],
    exchange: Exchange,
    clientHost: string | undefined,
  ): string[] {
    // Edits see the client's Host. They write lower-case names, so a `host` afterwards is theirs and a `Host` is not.
    const seen = headers.slice(2);
    if (clientHost !== undefined) seen.unshift('Host', clientHost);
    const edited = applyEdits(seen, edits, foldHeaderName);

    const kept: string[] = ['Host', headers[1] as string];
    for (let i = 0; i < edited.length; i += 2) {
      const name = edited[i] as string;
      const value = edited[i + 1] as string;
      switch (this.#fates.of(name)) {
        // The client's own are gone by now: what stands here was written by an edit of the team's.
        case 'strip':
        case 'pass':
        case 'forwards':
          kept.push(name, value);
          break;
        case 'trace':
          if (exchange.traceparent === undefined) kept.push(name, value);
          break;
        case 'host':
          if (name === 'host') kept[1] = value;
          break;
        case 'ours':
        case 'connection':
        case 'never':
          break;
      }
    }
    return kept;
  }

  #authority(target: Target): string {
    if (this.#host !== undefined) return this.#host;
    let authority = this.#authorities.get(target);
    if (authority === undefined) {
      authority = targetAuthority(target);
      this.#authorities.set(target, authority);
    }
    return authority;
  }
}

/** One for all upstreams that know the same names: they follow the names for good, and upstreams of files come and go. */
const FATES = new WeakMap<IdentityHeaders, HeaderFates>();

function fatesBy(identity: IdentityHeaders | undefined): HeaderFates {
  if (identity === undefined) return new HeaderFates();
  let fates = FATES.get(identity);
  if (fates === undefined) {
    fates = new HeaderFates(identity);
    FATES.set(identity, fates);
  }
  return fates;
}

function replaced(
  headers: readonly string[],
  names: ReadonlySet<string>,
  fields: readonly string[],
): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!names.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  kept.push(...fields);
  return kept;
}
