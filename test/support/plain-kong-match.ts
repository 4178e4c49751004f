import { BlockList, isIPv6 } from 'node:net';
import type { KongAddress, KongRoute } from '../../src/kong/kong-configuration.js';
import type { KongRequest } from '../../src/kong/routing/kong-request.js';

export interface PlainKongMatch {
  /** Which of the routes. */
  readonly index: number;
  readonly matchedPath: string | undefined;
  /** By number and by name. */
  readonly captures: Readonly<Record<string, string>>;
  /** Of a route that wants https, for a request without. */
  readonly statusCode: number | undefined;
}

/**
 * The route of a request once more, as the rules are written: every part of every route is tried, each has a number of
 * 64 bits, and the highest wins. Prefixes are canonical; regexes are such that a backtracking engine reads them alike.
 */
export function plainKongMatch(
  routes: readonly KongRoute[],
  request: KongRequest,
): PlainKongMatch | undefined {
  let best: PlainKongMatch | undefined;
  let bestNumber = -1n;
  for (const [index, route] of routes.entries()) {
    if (route.service !== undefined && !route.service.enabled) continue;
    if (!othersHold(route, request)) continue;
    for (const paths of partsOf(route)) {
      const found = plainPath(paths, request.path);
      const number = numberOf(route, paths);
      if (found === undefined || number <= bestNumber) continue;
      const refused = !request.secure && !route.protocols.some((name) => name === 'http' || name === 'grpc');
      best = { index, ...found, statusCode: refused ? route.httpsRedirectStatusCode : undefined };
      bestNumber = number;
    }
  }
  return best;
}

/** One part for each length of prefix, and one for all regexes. A route without paths is one part. */
function partsOf({ paths }: KongRoute): string[][] {
  if (paths.length === 0) return [[]];
  const regexes = paths.filter((path) => path.startsWith('~'));
  const prefixes = paths.filter((path) => !path.startsWith('~'));
  const lengths = [...new Set(prefixes.map((prefix) => prefix.length))];
  const parts = lengths.map((length) => prefixes.filter((prefix) => prefix.length === length));
  return regexes.length > 0 ? [...parts, regexes] : parts;
}

/** From the most significant bit: 3 for the kinds, 1 for plain hosts, 8 for headers, 1 for a regex, 32 for its priority, 19 for the length. */
function numberOf(route: KongRoute, paths: readonly string[]): bigint {
  const names = Object.keys(route.headers).length;
  let kinds = 0n;
  if (route.methods.length > 0) kinds++;
  if (route.hosts.length > 0) kinds++;
  if (names > 0) kinds++;
  if (route.snis.length > 0) kinds++;
  if (route.paths.length > 0) kinds++;
  if (route.sources.length > 0) kinds++;
  if (route.destinations.length > 0) kinds++;
  const plain = route.hosts.length > 0 && route.hosts.every((host) => !host.includes('*'));
  const regex = paths[0]?.startsWith('~') === true;
  return (
    (kinds << 61n) +
    (plain ? 1n << 60n : 0n) +
    (BigInt(Math.min(names, 255)) << 52n) +
    (regex ? (1n << 51n) + (BigInt(route.regexPriority) << 19n) : BigInt(paths[0]?.length ?? 0))
  );
}

function plainPath(
  paths: readonly string[],
  path: string,
): Pick<PlainKongMatch, 'matchedPath' | 'captures'> | undefined {
  if (paths.length === 0) return { matchedPath: undefined, captures: {} };
  for (const asked of paths) {
    if (!asked.startsWith('~')) {
      if (path.startsWith(asked)) return { matchedPath: asked, captures: {} };
      continue;
    }
    const match = new RegExp(`^(?:${asked.slice(1)})`).exec(path);
    if (match === null) continue;
    const numbered = match.slice(1).map((text, i) => [String(i + 1), text] as const);
    const named = Object.entries(match.groups ?? {});
    const took = [...numbered, ...named].filter(([, text]) => text !== undefined);
    return { matchedPath: match[0], captures: Object.fromEntries(took) as Record<string, string> };
  }
  return undefined;
}

function othersHold(route: KongRoute, request: KongRequest): boolean {
  const { methods, hosts, snis, sources, destinations } = route;
  if (methods.length > 0 && !methods.includes(request.method)) return false;
  if (hosts.length > 0 && !hosts.some((host) => hostHolds(host, request))) return false;
  if (snis.length > 0 && request.tls && !snis.includes(request.sni?.toLowerCase() ?? '')) return false;
  const { clientAddress, clientPort, localAddress, localPort } = request;
  if (sources.length > 0 && !sources.some((one) => addressHolds(one, clientAddress, clientPort)))
    return false;
  if (destinations.length > 0 && !destinations.some((one) => addressHolds(one, localAddress, localPort))) {
    return false;
  }
  return Object.entries(route.headers).every(([name, values]) => {
    const sent = request.headers.filter(
      (_, i) => i % 2 === 1 && request.headers[i - 1]?.toLowerCase() === name,
    );
    return sent.some((value) => values.some((wanted) => valueHolds(wanted, value)));
  });
}

function valueHolds(wanted: string, value: string): boolean {
  if (wanted.startsWith('~*')) return new RegExp(wanted.slice(2), 'i').test(value);
  return wanted.toLowerCase() === value.toLowerCase();
}

/** Label by label; a wildcard stands for at least one. */
function hostHolds(asked: string, request: KongRequest): boolean {
  const [pattern = '', port] = asked.split(':');
  if (port !== undefined && Number(port) !== request.port) return false;
  const wanted = pattern.split('.');
  const given = request.host.split('.');
  if (given.includes('')) return false;
  if (wanted[0] === '*') {
    return (
      given.length >= wanted.length && given.slice(1 - wanted.length).join('.') === wanted.slice(1).join('.')
    );
  }
  if (wanted.at(-1) === '*') {
    return (
      given.length >= wanted.length &&
      given.slice(0, wanted.length - 1).join('.') === wanted.slice(0, -1).join('.')
    );
  }
  return request.host === pattern;
}

function addressHolds({ ip, port }: KongAddress, address: string, ownPort: number | undefined): boolean {
  if (port !== undefined && port !== ownPort) return false;
  if (ip === undefined) return true;
  const list = new BlockList();
  const [first = '', bits] = ip.split('/');
  const family = isIPv6(first) ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(first, family);
  else list.addSubnet(first, Number(bits), family);
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
