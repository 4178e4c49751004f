import type { Steps } from '../../contracts/steps.js';
import type { KongRoute } from '../kong-configuration.js';
import { HostIndex } from './host-index.js';
import type { HostKind, HostPattern } from './host-pattern.js';
import { PathTree } from './path-tree.js';
import type { RankedEntry } from './ranked-entry.js';
import { addRanked, newRankedLists } from './ranked-lists.js';
import { isUnconditional } from './route-conditions.js';
import type { RoutePart } from './route-parts.js';

/** Where the parts of routes that ask for one host stand. */
export interface HostPlace {
  /** `undefined` for those that ask for none. */
  readonly host: Pick<HostPattern, 'kind' | 'name'> | undefined;
  readonly tree: PathTree;
}

/**
 * Puts parts, in the order in which they are asked, into one tree for each host they name. Hosts that are named by the
 * same parts share a tree.
 */
export function* buildHostIndex(
  parts: readonly RoutePart[],
): Steps<{ readonly index: HostIndex; readonly places: readonly HostPlace[] }> {
  const placements = yield* placementsOf(parts);
  const index = new HostIndex();
  const shared = new Map<string, PathTree>();
  const places: HostPlace[] = [];
  for (const [key, placed] of placements) {
    const signature = placed.map(({ number, port }) => `${number}:${port ?? ''}`).join();
    let tree = shared.get(signature);
    if (tree === undefined) {
      tree = yield* treeOf(placed);
      shared.set(signature, tree);
    }
    if (key === ANY_HOST) {
      index.setAnyHost(tree);
      places.push({ host: undefined, tree });
      continue;
    }
    const [kind, name] = key.split(' ') as [HostKind, string];
    index.set(kind, name, tree);
    places.push({ host: { kind, name }, tree });
  }
  return { index, places };
}

const ANY_HOST = '';

interface Placement {
  readonly part: RoutePart;
  readonly number: number;
  readonly rank: number;
  readonly port: number | undefined;
}

/** By kind and name of a host. */
function* placementsOf(parts: readonly RoutePart[]): Steps<Map<string, Placement[]>> {
  const placements = new Map<string, Placement[]>();
  let rank = 0;
  for (const [number, part] of parts.entries()) {
    const hosts: readonly (HostPattern | undefined)[] =
      part.from.hosts.length > 0 ? part.from.hosts : [undefined];
    for (const host of hosts) {
      const key = host === undefined ? ANY_HOST : `${host.kind} ${host.name}`;
      const placement = { part, number, rank, port: host?.port };
      const placed = placements.get(key);
      if (placed === undefined) placements.set(key, [placement]);
      else placed.push(placement);
    }
    // The regexes of one part are asked in the order of the file.
    rank += Math.max(1, part.regexes.length);
    yield;
  }
  return placements;
}

function* treeOf(placements: readonly Placement[]): Steps<PathTree> {
  const tree = new PathTree();
  for (const { part, rank, port } of placements) {
    const { route, conditions } = part.from;
    const entry: RankedEntry = {
      rank,
      methods: route.methods.length > 0 ? route.methods : undefined,
      port,
      conditions: isUnconditional(conditions) ? undefined : conditions,
      regex: undefined,
      taken: Object.freeze({ kind: 'match', route, matchedPath: undefined, captures: undefined }),
      insecure: wantsHttps(route)
        ? Object.freeze({ kind: 'insecure', route, statusCode: route.httpsRedirectStatusCode })
        : undefined,
    };
    if (part.prefixes.length === 0 && part.regexes.length === 0) addPrefix(tree, '', entry);
    for (const { text } of part.prefixes) {
      addPrefix(tree, text, { ...entry, taken: Object.freeze({ ...entry.taken, matchedPath: text }) });
    }
    for (const [i, regex] of part.regexes.entries()) addRegex(tree, { ...entry, rank: rank + i, regex });
    yield;
  }
  return tree;
}

function addPrefix(tree: PathTree, text: string, entry: RankedEntry): void {
  const node = tree.insert(text, entry.rank);
  node.prefixes ??= newRankedLists();
  addRanked(node.prefixes, entry);
}

function addRegex(tree: PathTree, entry: RankedEntry): void {
  const node = tree.insert(entry.regex?.literalPrefix ?? '', entry.rank);
  node.regexes ??= newRankedLists();
  addRanked(node.regexes, entry);
}

/** Kong asks no request for its protocol when it looks for a route: the route it found turns plain ones away. */
function wantsHttps({ protocols }: KongRoute): boolean {
  return protocols.length > 0 && protocols.every((protocol) => protocol === 'https' || protocol === 'grpcs');
}
