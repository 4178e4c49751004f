import type { AddressMatcher } from './address-matcher.js';
import type { LinearRegex } from './linear-regex.js';
import type { RequestFacts } from './request-facts.js';

/** One header that a request must have: a field line with one of the values, or one that a regex finds something in. */
export interface HeaderCondition {
  /** Lower-case. */
  readonly name: string;
  /** Lower-case. */
  readonly values: ReadonlySet<string>;
  readonly regexes: readonly LinearRegex[];
}

/** What a route asks beyond host, path and method. Everything given must hold. */
export interface RouteConditions {
  readonly headers: readonly HeaderCondition[];
  readonly snis: ReadonlySet<string> | undefined;
  readonly sources: AddressMatcher | undefined;
  readonly destinations: AddressMatcher | undefined;
}

/** Whether there is nothing to hold. */
export function isUnconditional({ headers, snis, sources, destinations }: RouteConditions): boolean {
  return headers.length === 0 && snis === undefined && sources === undefined && destinations === undefined;
}

export function conditionsHold(conditions: RouteConditions, facts: RequestFacts): boolean {
  const { headers, snis, sources, destinations } = conditions;
  const { request } = facts;
  // Without TLS there was no handshake to name anybody in: Kong/kong#6425.
  if (snis !== undefined && request.tls && (facts.sni === undefined || !snis.has(facts.sni))) return false;
  if (sources !== undefined && !sources.has(facts.client, request.clientPort)) return false;
  if (destinations !== undefined && !destinations.has(facts.local, request.localPort)) return false;
  for (const header of headers) {
    if (!headerHolds(header, facts.header(header.name))) return false;
  }
  return true;
}

function headerHolds({ values, regexes }: HeaderCondition, sent: readonly string[]): boolean {
  for (const value of sent) {
    if (values.has(value)) return true;
    for (const regex of regexes) {
      if (regex.matches(value)) return true;
    }
  }
  return false;
}
