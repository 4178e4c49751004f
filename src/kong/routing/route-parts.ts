import type { KongRoute } from '../kong-configuration.js';
import type { LinearRegex } from './linear-regex.js';
import type { PathPrefix } from './path-prefix.js';
import type { ReadRoute } from './route.reader.js';
import { MAX_HEADERS, type RoutePriority } from './route-priority.js';

/** What Kong makes of a route with several paths: one part for each length of its prefixes, and one for its regexes. */
export interface RoutePart {
  readonly from: ReadRoute;
  readonly priority: RoutePriority;
  /** All of one length; empty where the part has regexes, or the route no paths. */
  readonly prefixes: readonly PathPrefix[];
  /** In the order of the file. */
  readonly regexes: readonly LinearRegex[];
}

export function partsOf(from: ReadRoute): readonly RoutePart[] {
  const part = (prefixes: readonly PathPrefix[], regexes: readonly LinearRegex[]): RoutePart => ({
    from,
    priority: priorityOf(from.route, prefixes[0]?.text.length ?? 0, regexes.length > 0),
    prefixes,
    regexes,
  });
  const byLength = Map.groupBy(from.prefixes, ({ text }) => text.length);
  const parts = [...byLength.values()].map((prefixes) => part(prefixes, []));
  if (from.regexes.length > 0) parts.push(part([], from.regexes));
  return parts.length > 0 ? parts : [part([], [])];
}

function priorityOf(route: KongRoute, prefixLength: number, regex: boolean): RoutePriority {
  const { methods, hosts, paths, snis, sources, destinations } = route;
  const headers = Object.keys(route.headers).length;
  const kinds = [methods, hosts, paths, snis, sources, destinations].filter((list) => list.length > 0).length;
  return {
    kinds: kinds + (headers > 0 ? 1 : 0),
    plainHosts: hosts.length > 0 && !hosts.some((host) => host.includes('*')),
    headers: Math.min(headers, MAX_HEADERS),
    regex,
    regexPriority: regex ? route.regexPriority : 0,
    prefixLength,
  };
}
