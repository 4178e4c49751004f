import type { Steps } from '../../contracts/steps.js';
import type { HostPlace } from './build-host-index.js';
import type { HostIndex } from './host-index.js';
import type { HostPattern } from './host-pattern.js';
import { childOn, type PathNode, type PathTree } from './path-tree.js';
import type { RankedLists } from './ranked-lists.js';
import { routeLabel } from './route-problem.js';

/** How many regexes a request may have to be tried against. */
export interface RegexLoad {
  /** Different regexes of all paths. */
  readonly total: number;
  /** The most of them that one host and one beginning of a path lead to; `undefined` without regexes. */
  readonly largest: RegexBucket | undefined;
}

/** The regexes that requests for a host meet whose path begins in one way, those of any host and of less of it included. */
export interface RegexBucket {
  readonly size: number;
  /** As routes write it, without port; `undefined` for requests for a host that no route with regexes names. */
  readonly host: string | undefined;
  /** What their paths begin with: the literal text that regexes begin with. */
  readonly prefix: string;
  /** Names of the routes, or their places where they have none. */
  readonly routes: readonly string[];
}

/** Looks for the largest bucket as a request would meet it. */
export function* regexLoadOf(index: HostIndex, places: readonly HostPlace[]): Steps<RegexLoad> {
  const regexes = new Set<unknown>();
  // Hosts that are named by the same routes share a tree.
  const seen = new Set<PathTree>();
  let largest: RegexBucket | undefined;
  for (const { host, tree } of places) {
    const beginnings = seen.has(tree) ? [] : regexBeginnings(tree.root, '');
    seen.add(tree);
    if (beginnings.length === 0) continue;
    const trees: PathTree[] = [];
    trees.length = index.find(host === undefined ? '' : anExample(host), trees);
    for (const prefix of beginnings) {
      yield;
      const met = trees.flatMap(({ root }) => regexesOn(root, prefix));
      for (const { regex } of met) regexes.add(regex);
      if (met.length <= (largest?.size ?? 0)) continue;
      const routes = [...new Set(met.map(({ taken }) => routeLabel(taken.route)))];
      largest = { size: met.length, host: host && written(host), prefix, routes };
    }
  }
  return { total: regexes.size, largest };
}

function regexBeginnings(node: PathNode, above: string): string[] {
  const beginning = above + node.label;
  const below = [...(node.children?.values() ?? [])].flatMap((child) => regexBeginnings(child, beginning));
  return node.regexes === undefined ? below : [beginning, ...below];
}

function regexesOn(root: PathNode, path: string) {
  const met = [];
  let at = 0;
  for (let node: PathNode | undefined = root; node !== undefined; node = childOn(node, path, at)) {
    at += node.label.length;
    if (node.regexes !== undefined) met.push(...all(node.regexes));
  }
  return met;
}

/** A route with several methods stands in several lists, of which a request meets one. */
function all({ any, byMethod }: RankedLists) {
  return new Set([...any, ...[...byMethod.values()].flat()]);
}

function anExample({ kind, name }: Pick<HostPattern, 'kind' | 'name'>): string {
  return kind === 'plain' ? name : kind === 'left' ? `x.${name}` : `${name}.x`;
}

function written({ kind, name }: Pick<HostPattern, 'kind' | 'name'>): string {
  return kind === 'plain' ? name : kind === 'left' ? `*.${name}` : `${name}.*`;
}
