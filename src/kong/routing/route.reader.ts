import type { KongRoute } from '../kong-configuration.js';
import { AddressMatcher } from './address-matcher.js';
import { comparableHost, type HostPattern, parseHost } from './host-pattern.js';
import { LinearRegex } from './linear-regex.js';
import { type PathPrefix, parsePrefix } from './path-prefix.js';
import type { HeaderCondition, RouteConditions } from './route-conditions.js';
import { type KongRouteProblem, quoted, routeProblem } from './route-problem.js';

/** A route with all it asks for in the form in which requests are compared with it. */
export interface ReadRoute {
  readonly route: KongRoute;
  readonly hosts: readonly HostPattern[];
  readonly prefixes: readonly PathPrefix[];
  readonly regexes: readonly LinearRegex[];
  readonly conditions: RouteConditions;
}

const PATH_REGEX = '~';
const HEADER_REGEX = '~*';

/** Reads what routes ask for, and gathers every mistake. */
export class RouteReader {
  readonly problems: KongRouteProblem[] = [];
  /** The same text is compiled once, and its automaton is shared. */
  readonly #pathRegexes = new Map<string, LinearRegex | string>();
  readonly #headerRegexes = new Map<string, LinearRegex | string>();

  /** `undefined` when there are problems: a route that asks for less than it should would take more. */
  read(route: KongRoute): ReadRoute | undefined {
    const before = this.problems.length;
    const read: ReadRoute = {
      route,
      hosts: this.#hosts(route),
      ...this.#paths(route),
      conditions: {
        headers: this.#headers(route),
        snis:
          route.snis.length === 0
            ? undefined
            : new Set(route.snis.map((sni) => comparableHost(sni.toLowerCase()))),
        sources: this.#addresses(route, 'sources'),
        destinations: this.#addresses(route, 'destinations'),
      },
    };
    return this.problems.length === before ? read : undefined;
  }

  #hosts(route: KongRoute): readonly HostPattern[] {
    const hosts: HostPattern[] = [];
    for (const [i, text] of route.hosts.entries()) {
      const host = parseHost(text);
      if (typeof host !== 'string') hosts.push(host);
      else this.#report(route, `hosts[${i}]`, text, host);
    }
    return hosts;
  }

  #paths(route: KongRoute): Pick<ReadRoute, 'prefixes' | 'regexes'> {
    const prefixes: PathPrefix[] = [];
    const regexes: LinearRegex[] = [];
    for (const [i, text] of route.paths.entries()) {
      const path = text.startsWith(PATH_REGEX)
        ? this.#pathRegex(text.slice(PATH_REGEX.length))
        : parsePrefix(text);
      if (typeof path === 'string') this.#report(route, `paths[${i}]`, text, path);
      else if (path instanceof LinearRegex) regexes.push(path);
      else prefixes.push(path);
    }
    return { prefixes, regexes };
  }

  #headers(route: KongRoute): readonly HeaderCondition[] {
    return Object.entries(route.headers).map(([name, written]) => {
      const values = new Set<string>();
      const regexes: LinearRegex[] = [];
      for (const [i, text] of written.entries()) {
        if (!text.startsWith(HEADER_REGEX)) {
          values.add(text.toLowerCase());
          continue;
        }
        const regex = this.#headerRegex(text.slice(HEADER_REGEX.length));
        if (typeof regex === 'string') this.#report(route, `headers.${name}[${i}]`, text, regex);
        else regexes.push(regex);
      }
      return { name: name.toLowerCase(), values, regexes };
    });
  }

  #addresses(route: KongRoute, field: 'sources' | 'destinations'): AddressMatcher | undefined {
    if (route[field].length === 0) return undefined;
    const matcher = AddressMatcher.compile(route[field]);
    if (matcher instanceof AddressMatcher) return matcher;
    for (const { index, ip, message } of matcher) {
      this.#report(
        route,
        `${field}[${index}].ip`,
        ip,
        `${message}; write one like 10.0.0.0/8 or 2001:db8::1`,
      );
    }
    return undefined;
  }

  #pathRegex(source: string): LinearRegex | string {
    return compiledOnce(this.#pathRegexes, source, 'from the start');
  }

  #headerRegex(source: string): LinearRegex | string {
    return compiledOnce(this.#headerRegexes, source, 'anywhere, in any case');
  }

  #report(route: KongRoute, field: string, found: string, mistake: string): void {
    this.problems.push(routeProblem(route, field, `is ${quoted(found)}, which ${mistake}.`));
  }
}

function compiledOnce(
  known: Map<string, LinearRegex | string>,
  source: string,
  kind: Parameters<typeof LinearRegex.compile>[1],
): LinearRegex | string {
  let regex = known.get(source);
  if (regex === undefined) {
    regex = LinearRegex.compile(source, kind);
    known.set(source, regex);
  }
  return regex;
}
