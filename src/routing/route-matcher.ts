import type { PathPattern } from './path-pattern.js';
import { takesMethod } from './taken-method.js';

/** A route as the matcher stores it. */
export interface MatchEntry<T> {
  readonly pattern: PathPattern;
  /** `undefined` takes every method. `GET` also takes HEAD. */
  readonly methods: ReadonlySet<string> | undefined;
  /** Lower wins: the order in which Express would try the routes. */
  readonly rank: number;
  readonly value: T;
}

export interface Match<T> {
  readonly value: T;
  readonly rank: number;
  /** Decoded values in the order of the pattern's parameter names. */
  readonly params: readonly string[];
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  param: Node<T> | undefined;
  readonly ends: MatchEntry<T>[];
  readonly wildcards: MatchEntry<T>[];
  /** The best rank at or below this node: a subtree that cannot win is not entered. */
  bestRank: number;
}

const NO_PARAMS: readonly string[] = Object.freeze([]);

/**
 * Finds the route of a request: the lowest rank among all patterns that match path and method.
 *
 * A tree of segments, so the cost follows the length of the path and not the number of routes.
 * Case counts. One trailing slash is ignored: `/a` and `/a/` are the same route.
 */
export class RouteMatcher<T> {
  readonly #root: Node<T> = newNode();

  constructor(entries: readonly MatchEntry<T>[]) {
    for (const entry of [...entries].sort((a, b) => a.rank - b.rank)) this.#insert(entry);
  }

  /** The route for a canonical path, or `undefined`. */
  match(method: string, path: string): Match<T> | undefined {
    const search = new Search<T>(method, path);
    search.visit(this.#root, 1, 0);
    const found = search.best;
    if (found === undefined) return undefined;
    return {
      value: found.value,
      rank: found.rank,
      params: search.captured === undefined ? NO_PARAMS : decode(search.captured),
    };
  }

  /**
   * The methods that some route takes at this path; empty when no route has the path.
   *
   * @param others methods of routes at this path that stand in no tree
   */
  allowedMethods(path: string, others: readonly string[] = []): readonly string[] {
    const search = new Search<T>(undefined, path);
    search.visit(this.#root, 1, 0);
    const methods = new Set([...search.methods, ...others]);
    if (methods.has('GET')) methods.add('HEAD');
    if (methods.size > 0) methods.add('OPTIONS');
    return [...methods].sort();
  }

  #insert(entry: MatchEntry<T>): void {
    let node = this.#root;
    node.bestRank = Math.min(node.bestRank, entry.rank);
    for (const segment of entry.pattern.segments) {
      if (segment.kind === 'wildcard') {
        node.wildcards.push(entry);
        return;
      }
      node = segment.kind === 'param' ? paramChild(node) : child(node, segment.text);
      node.bestRank = Math.min(node.bestRank, entry.rank);
    }
    node.ends.push(entry);
  }
}

function newNode<T>(): Node<T> {
  return {
    literals: new Map(),
    param: undefined,
    ends: [],
    wildcards: [],
    bestRank: Number.POSITIVE_INFINITY,
  };
}

function paramChild<T>(node: Node<T>): Node<T> {
  node.param ??= newNode();
  return node.param;
}

function child<T>(node: Node<T>, text: string): Node<T> {
  let next = node.literals.get(text);
  if (next === undefined) {
    next = newNode();
    node.literals.set(text, next);
  }
  return next;
}

/** One walk through the tree. Without a method it gathers the methods of every pattern that has the path. */
class Search<T> {
  best: MatchEntry<T> | undefined;
  captured: string[] | undefined;
  readonly methods: string[] = [];
  #bestRank = Number.POSITIVE_INFINITY;
  readonly #open: string[] = [];

  constructor(
    readonly method: string | undefined,
    readonly path: string,
  ) {}

  /** `at` is the index behind the slash that ended the segment before. */
  visit(node: Node<T>, at: number, depth: number): void {
    if (this.method !== undefined && node.bestRank >= this.#bestRank) return;
    const { path } = this;
    if (at >= path.length) {
      this.#offer(node.ends, undefined, depth);
      return;
    }
    const slash = path.indexOf('/', at);
    const end = slash < 0 ? path.length : slash;
    const segment = path.slice(at, end);

    const literal = node.literals.get(segment);
    if (literal !== undefined) this.visit(literal, end + 1, depth);
    if (node.param !== undefined) {
      this.#open[depth] = segment;
      this.visit(node.param, end + 1, depth + 1);
    }
    if (node.wildcards.length > 0) this.#offer(node.wildcards, path.slice(at), depth);
  }

  #offer(entries: readonly MatchEntry<T>[], rest: string | undefined, depth: number): void {
    for (const entry of entries) {
      if (this.method === undefined) {
        if (entry.methods !== undefined) this.methods.push(...entry.methods);
        continue;
      }
      // Entries stand in rank order, so the first that takes the method is this list's best.
      if (entry.rank >= this.#bestRank) return;
      if (!takesMethod(entry.methods, this.method)) continue;
      this.best = entry;
      this.#bestRank = entry.rank;
      this.captured = capture(this.#open, depth, rest);
      return;
    }
  }
}

function capture(open: readonly string[], depth: number, rest: string | undefined): string[] | undefined {
  if (depth === 0) return rest === undefined ? undefined : [rest];
  const captured = open.slice(0, depth);
  if (rest !== undefined) captured.push(rest);
  return captured;
}

/** Canonical paths hold only valid UTF-8 escapes and no encoded slash, so decoding cannot fail or add a segment. */
function decode(captured: string[]): string[] {
  for (let i = 0; i < captured.length; i++) {
    const value = captured[i] as string;
    if (value.includes('%')) captured[i] = decodeURIComponent(value);
  }
  return captured;
}
