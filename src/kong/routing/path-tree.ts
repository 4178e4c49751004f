import type { RankedLists } from './ranked-lists.js';

/** One place in a {@link PathTree}: what is asked of paths that begin with all labels down to here. */
export interface PathNode {
  label: string;
  children: Map<number, PathNode> | undefined;
  /** Prefixes that end here, and at the root what takes every path. */
  prefixes: RankedLists | undefined;
  /** Regexes whose literal beginning ends here. */
  regexes: RankedLists | undefined;
  /** The best rank at or below this node: a subtree that cannot win is not entered. */
  bestRank: number;
}

/** Beginnings of paths in a radix tree: a look-up costs by the length of the path, not by the number of beginnings. */
export class PathTree {
  readonly root: PathNode = newNode('');

  /** The node of this beginning, made where there is none. Everything on the way learns of the rank. */
  insert(beginning: string, rank: number): PathNode {
    let node = this.root;
    let at = 0;
    for (;;) {
      node.bestRank = Math.min(node.bestRank, rank);
      if (at === beginning.length) return node;
      const code = beginning.charCodeAt(at);
      node.children ??= new Map();
      const child = node.children.get(code);
      if (child === undefined) {
        const leaf = newNode(beginning.slice(at));
        node.children.set(code, leaf);
        leaf.bestRank = rank;
        return leaf;
      }
      const shared = sharedLength(child.label, beginning, at);
      const next = shared === child.label.length ? child : split(child, shared);
      node.children.set(code, next);
      node = next;
      at += shared;
    }
  }
}

function newNode(label: string): PathNode {
  return {
    label,
    children: undefined,
    prefixes: undefined,
    regexes: undefined,
    bestRank: Number.POSITIVE_INFINITY,
  };
}

/** The next node on the way along a path, of which the first `at` characters are gone; `undefined` at its end. */
export function childOn(node: PathNode, path: string, at: number): PathNode | undefined {
  if (node.children === undefined || at >= path.length) return undefined;
  const child = node.children.get(path.charCodeAt(at));
  return child !== undefined && path.startsWith(child.label, at) ? child : undefined;
}

function sharedLength(label: string, text: string, at: number): number {
  let length = 1;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length++;
  return length;
}

/** A new node for the first characters of this one's label, which stays below with the others. */
function split(node: PathNode, length: number): PathNode {
  const above = newNode(node.label.slice(0, length));
  node.label = node.label.slice(length);
  above.children = new Map([[node.label.charCodeAt(0), node]]);
  above.bestRank = node.bestRank;
  return above;
}
