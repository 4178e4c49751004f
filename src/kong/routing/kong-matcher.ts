import type { HostIndex } from './host-index.js';
import { comparableHost } from './host-pattern.js';
import type { KongMatch } from './kong-match.js';
import type { KongRequest } from './kong-request.js';
import { childOn, type PathNode, type PathTree } from './path-tree.js';
import type { RankedEntry } from './ranked-entry.js';
import type { RankedLists } from './ranked-lists.js';
import { RequestFacts } from './request-facts.js';
import { conditionsHold } from './route-conditions.js';

const NONE = Number.POSITIVE_INFINITY;

/**
 * Finds the route of a request among those of a Kong file, by the rules of its router flavor `traditional_compatible`.
 *
 *  1. Find the trees of the patterns that take the host.
 *  2. Walk each along the path. The best prefix is kept; lists of regexes that could be better are put aside.
 *  3. Ask the regexes, the best first, so that the first that matches is the answer and few run.
 */
export class KongMatcher {
  readonly #hosts: HostIndex;
  readonly #facts: RequestFacts;

  // What one search needs, kept from one to the next: nothing waits in between, so there is one at a time.
  readonly #trees: PathTree[] = [];
  readonly #lists: RankedEntry[][] = [];
  readonly #cursors: number[] = [];
  #listCount = 0;
  #best: RankedEntry | undefined;
  #bestRank = NONE;

  constructor(hosts: HostIndex, askedHeaders: ReadonlySet<string>) {
    this.#hosts = hosts;
    this.#facts = new RequestFacts(askedHeaders);
  }

  match(request: KongRequest): KongMatch | undefined {
    this.#facts.turnTo(request);
    this.#best = undefined;
    this.#bestRank = NONE;
    this.#listCount = 0;

    const trees = this.#hosts.find(comparableHost(request.host), this.#trees);
    for (let i = 0; i < trees; i++) this.#walk((this.#trees[i] as PathTree).root, request);
    const answer = this.#askRegexes(request.path) ?? this.#best;
    this.#facts.turnTo(undefined);

    if (answer === undefined) return undefined;
    if (answer.insecure !== undefined && !request.secure) return answer.insecure;
    return answer.regex === undefined ? answer.taken : located(answer, request.path);
  }

  #walk(root: PathNode, request: KongRequest): void {
    let at = 0;
    for (
      let node: PathNode | undefined = root;
      node !== undefined && node.bestRank < this.#bestRank;
      node = childOn(node, request.path, at)
    ) {
      at += node.label.length;
      if (node.prefixes !== undefined) this.#offer(node.prefixes, request.method);
      if (node.regexes !== undefined) this.#putAside(node.regexes, request.method);
    }
  }

  #offer(lists: RankedLists, method: string): void {
    this.#offerList(lists.any);
    const ofMethod = lists.byMethod.get(method);
    if (ofMethod !== undefined) this.#offerList(ofMethod);
  }

  #offerList(list: readonly RankedEntry[]): void {
    for (const entry of list) {
      if (entry.rank >= this.#bestRank) return;
      if (!this.#holds(entry)) continue;
      this.#best = entry;
      this.#bestRank = entry.rank;
      return;
    }
  }

  #putAside(lists: RankedLists, method: string): void {
    if (lists.any.length > 0) this.#addList(lists.any);
    const ofMethod = lists.byMethod.get(method);
    if (ofMethod !== undefined) this.#addList(ofMethod);
  }

  #addList(list: RankedEntry[]): void {
    this.#lists[this.#listCount] = list;
    this.#cursors[this.#listCount] = 0;
    this.#listCount++;
  }

  /** The best regex that matches, if it is better than the best prefix. */
  #askRegexes(path: string): RankedEntry | undefined {
    while (this.#listCount > 0) {
      const entry = this.#nextRegex();
      if (entry === undefined) return undefined;
      if (this.#holds(entry) && entry.regex?.matches(path) === true) return entry;
    }
    return undefined;
  }

  /** The lists are in order, so the best of all is the best of their heads. */
  #nextRegex(): RankedEntry | undefined {
    let next: RankedEntry | undefined;
    let from = 0;
    for (let i = 0; i < this.#listCount; i++) {
      const head = this.#lists[i]?.[this.#cursors[i] as number];
      if (head !== undefined && head.rank < (next?.rank ?? this.#bestRank)) {
        next = head;
        from = i;
      }
    }
    if (next !== undefined) this.#cursors[from] = (this.#cursors[from] as number) + 1;
    return next;
  }

  #holds(entry: RankedEntry): boolean {
    const { port, conditions } = entry;
    if (port !== undefined && port !== this.#facts.request.port) return false;
    return conditions === undefined || conditionsHold(conditions, this.#facts);
  }
}

/** The answer of a regex with what it matched. */
function located({ regex, taken }: RankedEntry, path: string): KongMatch {
  const positions = regex?.locate(path);
  // Both ways of running a regex agree on whether it matches; were it otherwise, the path counts as matched by nothing.
  const end = positions?.[1] ?? 0;
  return {
    ...taken,
    matchedPath: path.slice(0, end),
    captures: positions === undefined ? undefined : regex?.captures(path, positions),
  };
}
