import { type HostKind, MAX_HOST_LENGTH } from './host-pattern.js';
import type { PathTree } from './path-tree.js';

const DOT = '.';

/** Finds the trees of all host patterns that take a host: at most two for each of its labels, and two. */
export class HostIndex {
  readonly #trees: Readonly<Record<HostKind, Map<string, PathTree>>> = {
    plain: new Map(),
    left: new Map(),
    right: new Map(),
  };
  #anyHost: PathTree | undefined;

  /** Sets the tree of the routes that ask for no host. */
  setAnyHost(tree: PathTree): void {
    this.#anyHost = tree;
  }

  set(kind: HostKind, name: string, tree: PathTree): void {
    this.#trees[kind].set(name, tree);
  }

  /** Puts the trees into an array that is reused, and says how many they are. */
  find(host: string, into: PathTree[]): number {
    const { plain, left, right } = this.#trees;
    let found = 0;
    if (host !== '' && host.length <= MAX_HOST_LENGTH) {
      const exact = plain.get(host);
      if (exact !== undefined) into[found++] = exact;
      if (left.size > 0 || right.size > 0) found = this.#findWildcards(host, into, found);
    }
    if (this.#anyHost !== undefined) into[found++] = this.#anyHost;
    return found;
  }

  /** A wildcard stands for one or more whole labels: nothing of the host on its side of the dot is too little. */
  #findWildcards(host: string, into: PathTree[], already: number): number {
    const { left, right } = this.#trees;
    let found = already;
    for (let dot = host.indexOf(DOT); dot >= 0; dot = host.indexOf(DOT, dot + 1)) {
      if (dot === 0 || dot === host.length - 1) continue;
      const below = left.size > 0 ? left.get(host.slice(dot + 1)) : undefined;
      if (below !== undefined) into[found++] = below;
      const above = right.size > 0 ? right.get(host.slice(0, dot)) : undefined;
      if (above !== undefined) into[found++] = above;
    }
    return found;
  }
}
